#!/usr/bin/env bash
# Makes .venv what a lock file says, if it is not already, and installs this checkout into it (editable).
# usage: scripts/venv.sh runtime|test      PYTHON names the interpreter, VENV the folder
# One folder serves both: the test lock holds all of the runtime lock. Exit 2 with the next step when it cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
purpose=${1:?runtime or test}
venv=${VENV:-.venv}
case $purpose in
  runtime) lock=requirements.lock; good="runtime test" ;;
  test) lock=requirements-test.lock; good="test" ;;
  *) echo "venv.sh: $purpose is neither runtime nor test" >&2; exit 2 ;;
esac
# What decides the content: the locks, this script, and what pyproject.toml says about the package, not about tools.
wanted=$({ cat requirements.lock requirements-test.lock scripts/venv.sh; sed '/^\[tool\.pytest/,$d' pyproject.toml; } | sha256sum | cut -d' ' -f1)
for stamp in $good; do
  if [ "$(cat "$venv/$stamp.stamp" 2>/dev/null)" = "$wanted $PWD" ] && "$venv/bin/python" -c '' 2>/dev/null; then exit 0; fi
done

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  if new_enough "$candidate"; then python=$candidate; break; fi
done
started=$SECONDS
rm -f "$venv"/*.stamp
if [ -n "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "setting up $venv from $lock with $("$python" --version)"
  "$python" -m venv --clear "$venv"
  # Without --no-deps pip would resolve again what the lock has resolved; the hashes stay required.
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
elif command -v uv >/dev/null; then
  echo "setting up $venv from $lock with uv"
  uv venv --quiet --clear --python "${python:->=3.11}" "$venv"
  uv pip install --quiet --python "$venv/bin/python" --no-deps --require-hashes -r "$lock"
  uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
elif [ -n "$python" ]; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "$python cannot make a virtual environment: install the package python$version-venv (Debian, Ubuntu:" \
    "apt-get install python3-venv), or install uv, and run make again" >&2
  exit 2
else
  echo "no Python 3.11 or newer found: install one, or name it: make PYTHON=PATH, or install uv" >&2
  exit 2
fi
echo "$wanted $PWD" >"$venv/$purpose.stamp"
echo "$venv is ready after $((SECONDS - started)) s"
