"""What a module must not drag in, seen in a fresh interpreter: the only way to prove that a late import is late."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture import sources

HEAVY = ("typer", "pydantic", "kubernetes", "yaml", "aiohttp", "requests", "prometheus_api_client")
SCREEN = ("textual", "rich", "widgets")

FORBIDDEN = [
    ("console", (*HEAVY, *SCREEN, "msgspec")),
    # Bare `warroom` starts the engine before it imports Textual: two cores.
    ("console.__main__", (*HEAVY, *SCREEN)),
    ("console.app", ("typer", "pydantic", "kubernetes", "yaml", "prometheus_api_client")),
    # What the screen needs before its first frame.
    ("console.opening", (*HEAVY, "console.cluster", "console.actions", "console.incident", "console.rules")),
    ("console.cli", (*SCREEN[::2], "kubernetes")),
    ("console.bootstrap", (*SCREEN, "typer")),
    ("console.wire", (*HEAVY, *SCREEN)),
    ("console.ports.session", (*HEAVY, *SCREEN)),
    ("console.model", (*HEAVY, *SCREEN)),
    ("console.hygiene", (*HEAVY, *SCREEN)),
    ("console.incident", (*SCREEN, "typer", "kubernetes")),
    ("widgets", ("typer", "pydantic", "kubernetes", "yaml", "aiohttp")),
]


@pytest.mark.parametrize(("module", "forbidden"), FORBIDDEN, ids=[module for module, _ in FORBIDDEN])
def test_import_loads_nothing_it_should_not(module: str, forbidden: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*(name for name in {forbidden!r} if name in sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], cwd=sources.ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
