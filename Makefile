# The whole life of a checkout: `make run` and `make test` need nothing but Python 3.11 or newer.
PYTHON ?=
ARGS ?=
# Test files at once: most of their time they wait for a server or a terminal. Each has a control plane (0.8 GB).
JOBS ?= 2
CHECKED = console widgets tests $(wildcard scripts/*.py) $(wildcard benchmarks)
export PYTHON

.PHONY: help run test check bench screenshots lock clean venv
.DEFAULT_GOAL := help

help:            ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'

run:             ## start the war room, or the drill where there is no cluster (ARGS= go to it)
	@scripts/venv.sh runtime
	@scripts/run.sh $(ARGS)

test: venv       ## provide what the tests need, say what is missing, run them (ARGS= go to pytest, JOBS= at once)
	@.venv/bin/python -m tests.means
	.venv/bin/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

check: venv      ## format, lint, strict types, architecture contracts, generated docs; no tests
	.venv/bin/ruff format --check $(CHECKED)
	.venv/bin/ruff check $(CHECKED)
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(if $(wildcard console/docs.py console/docs/__main__.py),.venv/bin/python -m console.docs --check)

bench: venv      ## the figures of docs/performance.md, on the real control plane (ARGS= choose rows)
	@.venv/bin/python -m benchmarks $(ARGS)

screenshots: venv ## draw the pictures of the README from the drill
	@.venv/bin/python scripts/screenshots.py $(ARGS)

lock:            ## write both lock files anew (needs uv; ARGS=--upgrade takes the newest versions)
	@scripts/lock.sh $(ARGS)

clean:           ## remove what the other targets made in this folder (not the cache outside it)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@scripts/venv.sh test
