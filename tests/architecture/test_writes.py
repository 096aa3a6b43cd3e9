"""Who may write to a cluster: the runner's one sending file, and nobody else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture import sources

SENDING = Path("console/actions/sending.py")
READS = {"GET", "HEAD"}
"""Methods anybody may use."""
REVIEWS = {Path("console/cluster/reviewing.py"), Path("console/cluster/identifying.py")}
"""Files whose POSTs are access reviews: they write nothing."""
PORT = Path("console/ports/cluster.py")
"""Declares requests, and `request_of`, which only the runner may use."""
DRY = Path("console/actions/preflight.py")
"""Sends every step with dryRun=All, under a read id; `LiveCluster` refuses it when it is not dry."""
BELOW = (Path("console/cluster"), Path("console/drill"), PORT)
"""Transports and the port: they pass requests on."""


def requests() -> Iterator[tuple[Path, ast.Call]]:
    """Every place where the product makes a request to an API server; the drill writes to its own simulation."""
    for path in sources.files("console"):
        for node in sources.walk_calls(path):
            if path.is_relative_to("console/drill") or path == PORT:
                continue
            if sources.dotted(node.func).split(".")[-1] == "Request":
                yield path, node


def test_only_the_runner_gives_a_request_an_audit_id() -> None:
    """`LiveCluster` refuses writes without one, so whoever cannot give one cannot write."""
    given = [
        f"{path}:{node.lineno}"
        for path, node in requests()
        if not any(path.is_relative_to(place) for place in BELOW)
        if len(node.args) > 5 or any(word.arg in ("audit_id", None) for word in node.keywords)
    ]
    replaced = [
        f"{path}:{node.lineno}"
        for path in sources.files("console")
        if not any(path.is_relative_to(place) for place in (*BELOW, SENDING))
        for node in sources.walk_calls(path)
        if sources.dotted(node.func).split(".")[-1] == "replace"
        if any(word.arg == "audit_id" for word in node.keywords)
    ]

    assert given + replaced == []


def test_only_the_runner_turns_a_planned_call_into_a_request() -> None:
    users = {path for path in sources.files("console") for _, name in sources.imports(path) if "request_of" in name}

    assert users == {SENDING}


def test_everybody_else_reads_reviews_or_tries_dry() -> None:
    odd = [
        f"{path}:{node.lineno} {sources.written(node.args[0]) if node.args else ''}"
        for path, node in requests()
        if path not in REVIEWS | {DRY}
        if not (node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value in READS)
    ]

    assert odd == []


def test_the_sources_of_requests_are_found_at_all() -> None:
    """Guards the tests above against looking for a name that nobody uses any more."""
    assert {path for path, _ in requests()} >= REVIEWS | {DRY}
