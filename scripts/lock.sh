#!/usr/bin/env bash
# Writes requirements-test.lock, then requirements.lock with the same versions; both with hashes, the build backend,
# and no index address. Needs uv. Arguments go to uv, so `scripts/lock.sh --upgrade` takes the newest versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=${UV:-uv}
command -v "$uv" >/dev/null || { echo "make lock needs uv: install it (pipx install uv), or name it: make lock UV=PATH" >&2; exit 2; }
compile() { # output, further arguments
  local output=$1; shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --group build pyproject.toml --output-file "$output" "$@" >/dev/null
}
compile requirements-test.lock --extra test "$@"
compile requirements.lock --constraints requirements-test.lock "$@"
