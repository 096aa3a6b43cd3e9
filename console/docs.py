"""`python -m console.docs [--check]`: write, or compare, the documents generated from declarations.

In: the action registry, the rules and their catalogue. Out: `docs/actions.md` and `docs/detections.md`. `make check`
runs it with `--check`, so that docs never lag behind.
"""

from __future__ import annotations

import sys
from pathlib import Path

from console.actions import docs as actions
from console.actions.catalogue import all_actions
from console.rules import coverage

_ROOT = Path(__file__).resolve().parent.parent


def documents() -> dict[Path, str]:
    """Every generated document by its path in the checkout."""
    docs = _ROOT / "docs"
    return {docs / "actions.md": actions.render(all_actions()), docs / "detections.md": coverage.render()}


def main(argv: list[str]) -> int:
    """Exit 1 when `--check` finds a document that is not what it would be."""
    stale = [path for path, text in documents().items() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" in argv:
        for path in stale:
            print(f"{path.relative_to(_ROOT)} is out of date: run `python -m console.docs`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(documents()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(_ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
