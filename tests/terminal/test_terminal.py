"""The terminal that tests look through shows what a program drew, and behaves as a terminal does."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tests.terminal.rendering import Rendering
from tests.terminal.replies import Replies

ECHO = "import sys\nfor line in sys.stdin: print('got', line.strip(), flush=True)"
SIZE = (
    "import os, signal, time\n"
    "def show(*_): print('size', *os.get_terminal_size(0), flush=True)\n"
    "signal.signal(signal.SIGWINCH, show); show()\n"
    "while True: time.sleep(1)\n"
)
ASK = (
    "import os, sys, termios, tty\n"
    "tty.setraw(0); os.write(1, b'\\x1b[?2026$p'); print(repr(os.read(0, 99)), end='\\r\\n', flush=True)"
)
FLOOD = "import sys\nfor i in range(100000): print('line', i)\nprint('done', flush=True)\nsys.stdin.read()"
HANGUP = (
    "import pathlib, signal, sys, time\n"
    "def gone(*_): pathlib.Path(sys.argv[1]).write_text('hung up'); sys.exit(0)\n"
    "signal.signal(signal.SIGHUP, gone); print('ready', flush=True)\n"
    "while True: time.sleep(1)\n"
)


def python(program: str, *args: str, cols: int = 80, rows: int = 24) -> Terminal:
    return Terminal([sys.executable, "-u", "-c", program, *args], cols=cols, rows=rows)


def test_keys_reach_the_program_and_its_answer_the_screen() -> None:
    with python(ECHO) as terminal:
        terminal.send("hello\n")
        match = terminal.wait_for(r"^got (\w+)$")

    assert match[1] == "hello"


def test_the_time_of_a_drawing_is_that_of_the_output_that_drew_it() -> None:
    with Terminal(["sh", "-c", "printf one; sleep 0.3; printf two; sleep 0.3; printf three; read x"]) as terminal:
        terminal.wait_for("onetwothree")
        times = [at for at, _ in terminal.chunks]
        assert terminal.wait_drawn("three") == times[-1]
    with Terminal(["sh", "-c", "printf one; sleep 0.3; printf two; sleep 0.3; printf three; read x"]) as terminal:
        time.sleep(1)
        assert terminal.wait_drawn("onetwo") == terminal.chunks[1][0]
        assert terminal.wait_drawn("onetwothree") == terminal.chunks[2][0]
        with pytest.raises(AssertionError, match="not drawn: four"):
            terminal.wait_drawn("four", 0.2)


def test_size_and_resize_reach_the_program() -> None:
    with python(SIZE, cols=90, rows=30) as terminal:
        terminal.wait_for("size 90 30")
        terminal.resize(120, 40)
        terminal.wait_for("size 120 40")

        assert len(terminal.screen()) == 40


def test_the_question_for_synchronized_output_is_answered() -> None:
    with python(ASK) as terminal:
        terminal.wait_for(r"\?2026;2\$y")


def test_what_does_not_come_is_reported_with_the_screen() -> None:
    with python("print('something else'); import time; time.sleep(60)") as terminal:
        terminal.wait_for("something else")
        with pytest.raises(AssertionError, match="something else"):
            terminal.wait_for("never", timeout=0.2)


def test_the_end_of_the_program_ends_the_wait() -> None:
    with python("print('last words'); raise SystemExit(7)") as terminal:
        terminal.wait_for("last words")
        with pytest.raises(AssertionError, match="the program ended"):
            terminal.wait_for("never", timeout=30)

        assert terminal.wait_end() == 7


def test_a_reader_that_stops_blocks_the_program() -> None:
    with python(FLOOD) as terminal:
        terminal.pause_reading()
        time.sleep(0.3)
        before = len(terminal.bytes)
        time.sleep(0.3)
        assert len(terminal.bytes) == before

        terminal.resume()
        terminal.wait_for_bytes(b"done")


def test_a_slow_link_lets_so_many_bytes_through_a_second_and_loses_none() -> None:
    code = "import sys; sys.stdout.write('x' * 20000 + 'done'); sys.stdout.flush()"
    with Terminal([sys.executable, "-c", code], link=50_000) as terminal:
        terminal.wait_for_bytes(b"done")
        chunks = terminal.chunks

    assert sum(len(data) for _, data in chunks) == 20_004
    assert chunks[-1][0] - chunks[0][0] >= 0.35  # 0.4 s but for the first slice; never faster, on any machine


def test_a_dropped_connection_is_a_hangup(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with python(HANGUP, str(told)) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()
        terminal.wait_end()

    assert told.read_text() == "hung up"


def test_children_are_counted_and_ended() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(\"up\", flush=True); input()'])"
    with python(child) as terminal:
        terminal.wait_for("up")
        rss, cpu = terminal.rss(), terminal.cpu()
        processes = terminal._tree()

    assert rss > 10 * 2**20
    assert cpu > 0
    assert len(processes) >= 2
    assert not any(process.is_running() and process.status() != "zombie" for process in processes)


@pytest.mark.parametrize("cut", range(1, 11))
def test_a_question_cut_in_two_is_answered_once(cut: int) -> None:
    question = b"\x1b[?2026$p and more text behind it"
    replies = Replies()

    answers = replies.to(question[:cut]) + replies.to(question[cut:])

    assert answers == b"\x1b[?2026;2$y"


@pytest.mark.parametrize(
    "noise",
    [
        "\x1b[>1u",
        "\x1b[?u",
        "\x1b[>4;1m",
        "\x1b[?2026$p",
        "\x1b[4:3m",
        "\x1bP+q544e\x1b\\",
        "\x1b_G\x1b\\",
        "\x1b]0;t\x07",
        "\x1b[0 q",
    ],
)
def test_sequences_without_a_picture_leave_no_text(noise: str) -> None:
    for cut in range(len(noise) + 1):
        rendering = Rendering(20, 2)
        data = f"A{noise}B".encode()
        rendering.feed(data[: cut + 1])
        rendering.feed(data[cut + 1 :])

        assert rendering.lines()[0] == "AB", cut


def test_half_of_a_wide_character_that_is_written_over_leaves_a_blank() -> None:
    rendering = Rendering(10, 2)
    rendering.feed("a漢b漢c\x1b[1;2Hx\x1b[2;1H漢漢".encode())

    assert rendering.lines() == ["ax b漢c", "漢漢"]
