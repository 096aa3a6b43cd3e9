"""The last line of defence: whatever fails, the terminal gets one sentence and no value of anything."""

from __future__ import annotations

import argparse
from typing import NoReturn

import pytest

from console.__main__ import main
from console.errors import BadInput
from tests.console.hygiene.payloads import CANARIES

TOKEN = CANARIES["jwt"]


def defective(args: argparse.Namespace) -> NoReturn:
    """A command that fails while it holds a secret."""
    token = TOKEN
    raise KeyError(f"\x1b[2J{token}")


def refusing(args: argparse.Namespace) -> NoReturn:
    """A command that refuses with foreign text in its sentence."""
    raise BadInput(f"The server said \x1b]52;c;eA==\x07 {TOKEN}.")


@pytest.mark.parametrize(("name", "code", "said"), [("defective", 1, "KeyError"), ("refusing", 2, "The server said")])
def test_what_fails_ends_in_one_sentence_without_values(
    name: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = argparse.Namespace(run=f"{__name__}:{name}")
    monkeypatch.setattr("console.cli.parsing.parse", lambda argv: command)

    assert main([]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert TOKEN not in err
