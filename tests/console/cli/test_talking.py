"""What every command shares: output that loses its reader or its alphabet, input that ends, codes of the contract."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.__main__ import main
from console.cli import talking
from console.errors import WireError
from console.ports.session import Snapshot, Update
from tests.widgets.scripted import Scripted


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console", *words], env=os.environ | environment, capture_output=True, text=True,
        timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_terminal_that_is_not_utf_8_is_no_reason_to_fail(tmp_path: Path) -> None:
    done = run("doctor", PYTHONIOENCODING="ascii", WARROOM_STATE=str(tmp_path / "ß"), KUBECONFIG=str(tmp_path / "no"))

    assert done.returncode == 1
    assert r"\xdf, " in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status",), 1),
        (("stop",), 1),
        (("drill", "--stop"), 1),
        (("journal", "show"), 2),
        (("checklist",), 2),
        (("contain", "node.cordon", "node/x", "--plan"), 2),
        (("contain", "node.cordon", "node/x", "--param", "odd"), 2),
        (("nonsense",), 2),
        (("drill", "--headless", "--seed", "-1"), 2),
        (("drill", "--headless", "--seed", "9" * 30), 2),
        (("drill", "--headless", "--play", "odd"), 2),
        (("drill", "nonsense"), 2),
        (("attach",), 2),
    ],
)
def test_commands_without_an_engine_or_a_cluster_end_as_the_contract_says(
    words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = run(*words, WARROOM_STATE=str(tmp_path / "s"), KUBECONFIG=str(tmp_path / "absent"))

    assert done.returncode == code, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--play", "odd"), ("nonsense",), ("/absent.yaml",)])
def test_a_drill_that_cannot_be_played_leaves_nothing_behind(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run("drill", "--headless", *words, WARROOM_STATE=str(tmp_path / "s"))

    assert done.returncode == 2
    assert list((tmp_path / "s").glob("drill-*")) == []


def test_a_refusal_whose_reader_has_gone_is_still_a_refusal(tmp_path: Path) -> None:
    """`2>&1 | head -1` in a script: the exit code must not become that of success."""
    read, write = os.pipe()
    os.close(read)
    environment = os.environ | {"WARROOM_STATE": str(tmp_path / "s"), "KUBECONFIG": str(tmp_path / "absent")}
    for words, code in ((("contain", "node.cordon", "node/x", "--plan"), 2), (("status",), 1)):
        done = subprocess.run(
            [sys.executable, "-m", "console", *words], env=environment, stdout=write, stderr=write, timeout=60,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code
    os.close(write)


def test_status_starts_no_engine_and_makes_no_folder(tmp_path: Path) -> None:
    run("status", WARROOM_STATE=str(tmp_path / "s"))

    assert not (tmp_path / "s").exists()


def test_a_damaged_journal_is_what_the_output_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inc-1").mkdir()
    (tmp_path / "inc-1" / "journal.db").write_bytes(b"not a database at all, whoever wrote it" * 50)

    code = main(["journal", "show", "--state", str(tmp_path)])

    assert code == 1
    assert "damaged" in capsys.readouterr().err


def test_an_incident_that_is_only_looked_at_is_left_as_it_is(tmp_path: Path) -> None:
    """A folder that a group may enter must not be closed to it by somebody who reads the journal."""
    folder = tmp_path / "inc-1"
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"")
    folder.chmod(0o2750)

    main(["journal", "show", "--state", str(tmp_path)])

    assert folder.stat().st_mode & 0o7777 == 0o2750
    assert {path.name for path in folder.iterdir()} == {"journal.db"}


class Mute(Scripted):
    """An engine that lets a seat in and then hangs."""

    async def subscribe(self, topic: str) -> AsyncIterator[Update]:
        await asyncio.Event().wait()
        yield Snapshot(topic, 1, ())


async def test_an_engine_that_hangs_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "_FIRST", 0.0)

    with pytest.raises(WireError, match="did not answer"):
        await talking.rows_of(Mute(), "header")


ASKING = """
import asyncio
from console.cli.talking import typed
async def ask(): print(repr(await typed("id ")))
try: asyncio.run(ask())
except KeyboardInterrupt: print("ended")
"""


def answered(keys: bytes, signal_number: int = 0) -> bytes:
    """What a program prints that asks at a terminal, when that is typed or sent."""
    seat, program = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", ASKING], stdin=program, stdout=subprocess.PIPE, stderr=program)
    os.close(program)
    assert process.stdout is not None
    asked = process.stdout.read(3)
    os.write(seat, keys)
    if signal_number:
        process.send_signal(signal_number)
    rest, _ = process.communicate(timeout=30)
    os.close(seat)
    return (asked + rest).strip()


def test_a_question_takes_a_line_or_the_end_of_input_and_ctrl_c_at_once() -> None:
    assert answered(b" 3fa9 \n") == b"id '3fa9'"
    assert answered(b"\x04") == b"id ''"
    assert answered(b"", signal.SIGINT) == b"id ended"
