"""`Terminal`: starts a program at a pty, reads it in a thread, and waits for what it draws without polling."""

from __future__ import annotations

import bisect
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from tests.terminal.rendering import Rendering
from tests.terminal.replies import Replies

# The shell leads a session of its own, so the first terminal it opens becomes its controlling one; no fork of a
# Python with threads is needed, which newer Pythons warn about.
_OPEN_TERMINAL = 'tty=$1; shift; exec "$@" <"$tty" >"$tty" 2>&1'
_BARE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
_UNWANTED = ("NO_COLOR", "LC_ALL", "TEXTUAL", "COLUMNS", "LINES")
_SLICE = 0.01
"""Seconds of a slow link that are read at a time."""

Bytes = bytes
"""The type, where `Terminal.bytes` hides its name."""


class Terminal:
    """A running program and its screen; use it as a context manager or call `close`.

    The reading thread stamps each chunk when it comes; the screen is drawn by whoever asks for it, from one thread,
    so that drawing never delays a stamp.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        synchronized: bool = True,
        link: float = 0,
    ) -> None:
        """Starts the program.

        Args:
            env: set on top of this process's environment and of a terminal's usual variables.
            synchronized: whether the terminal says it knows synchronized output (mode 2026).
            link: bytes a second that come through to the screen, 0 for all at once. What waits blocks the program.
        """
        self._link = link
        self._master, slave = pty.openpty()
        self._set_size(cols, rows)
        self._rendering = Rendering(cols, rows)
        self._replies = Replies(synchronized)
        self._changed = threading.Condition()
        self._chunks: list[tuple[float, Bytes]] = []
        self._ends: list[int] = []
        self._output = bytearray()
        self._rendered = 0
        self._ended = False
        self._reading = threading.Event()
        self._reading.set()
        self._wake_read, self._wake_write = os.pipe()
        environment = (
            {key: value for key, value in os.environ.items() if key not in _UNWANTED} | _BARE | dict(env or {})
        )
        self.started = time.perf_counter()
        """When the program was started, by the clock of `chunks`."""
        # The slave stays open here until the shell has opened it: a pty nobody holds would be hung up.
        command = ["/bin/sh", "-c", _OPEN_TERMINAL, "terminal", os.ttyname(slave), *map(str, argv)]
        self.process = subprocess.Popen(command, start_new_session=True, env=environment, cwd=cwd, stdin=slave)
        os.close(slave)
        self._thread = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What it drew

    @property
    def chunks(self) -> list[tuple[float, Bytes]]:
        """Every read so far with the time it came (`time.perf_counter`)."""
        with self._changed:
            return list(self._chunks)

    @property
    def bytes(self) -> Bytes:
        """All output so far."""
        with self._changed:
            return Bytes(self._output)

    @property
    def written(self) -> int:
        """How many bytes came so far; a `start` for `wait_for_bytes`."""
        with self._changed:
            return len(self._output)

    @property
    def alive(self) -> bool:
        """Whether the program still holds the terminal."""
        return not self._ended

    def screen(self) -> list[str]:
        """The rows as a person sees them now."""
        self._render()
        return self._rendering.lines()

    def text(self) -> str:
        """The same as one string."""
        return "\n".join(self.screen())

    def wait_for(self, pattern: str, timeout: float = 15) -> re.Match[str]:
        """Waits until the drawn screen matches a regular expression (`.` stays within a row).

        Raises:
            AssertionError: it did not in time, or the program ended first; the message shows the screen.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + timeout
        while (match := wanted.search(self.text())) is None:
            self._wait_for_output(self._rendered, end, f"not drawn: {pattern}")
        return match

    def wait_drawn(self, pattern: str, timeout: float = 15) -> float:
        """The same; gives the time at which the output came that drew it, however long drawing it here takes."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + timeout
        while not wanted.search("\n".join(self._rendering.lines())):
            if not self._render(1):
                self._wait_for_output(self._rendered, end, f"not drawn: {pattern}")
        return self._chunks[self._rendered - 1][0]

    def wait_gone(self, pattern: str, timeout: float = 15) -> None:
        """Waits until the drawn screen does not match any more."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + timeout
        while wanted.search(self.text()):
            self._wait_for_output(self._rendered, end, f"still there: {pattern}")

    def wait_for_bytes(self, mark: Bytes, timeout: float = 15, start: int = 0) -> float:
        """Waits for bytes at or after position `start` of the output; gives the time at which they were complete."""
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                seen, length = len(self._chunks), len(self._output)
                found = self._output.find(mark, start)
                if found >= 0:
                    return self._chunks[bisect.bisect_left(self._ends, found + len(mark))][0]
            start = max(start, length - len(mark) + 1)
            self._wait_for_output(seen, end, f"not written: {mark!r}")

    def settle(self, quiet: float = 0.3, timeout: float = 15) -> None:
        """Waits until nothing was written for `quiet` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while self._changed.wait(quiet):
                if self._ended or time.monotonic() > end:
                    return

    def wait_end(self, timeout: float = 15) -> int:
        """Waits for the program's end and gives its exit status."""
        return self.process.wait(timeout)

    # What is done to it

    def send(self, keys: str | Bytes) -> float:
        """Types keys; gives the time before the first one."""
        data = keys.encode() if isinstance(keys, str) else keys
        now = time.perf_counter()
        while data:
            data = data[os.write(self._master, data) :]
        return now

    def resize(self, cols: int, rows: int) -> None:
        """Changes the window; the program gets SIGWINCH."""
        self._render()
        self._rendering.resize(cols, rows)
        self._set_size(cols, rows)

    def pause_reading(self) -> None:
        """Stops reading, as a terminal behind a dead link does: the program's writes will block."""
        self._reading.clear()
        os.write(self._wake_write, b"x")

    def resume(self) -> None:
        """Reads again."""
        self._reading.set()

    def hang_up(self) -> None:
        """Takes the terminal away, as a dropped SSH connection does: the program gets SIGHUP."""
        self._stop_reading()

    def close(self) -> None:
        """Takes the terminal away and ends what is left of the program."""
        processes = self._tree()  # before: a parent that goes with its terminal hides its children
        self._stop_reading()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        psutil.wait_procs(processes, 10)

    # What it costs

    def rss(self) -> int:
        """Memory of the program and its children, in bytes."""
        total = 0
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def cpu(self) -> float:
        """CPU seconds used by the program and its living children."""
        total = 0.0
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    # Inside

    def _tree(self) -> list[psutil.Process]:
        """The program and its children at this terminal: an engine has left it for a session of its own."""
        try:
            top = psutil.Process(self.process.pid)
            return [top, *(child for child in top.children(recursive=True) if self._is_here(child))]
        except psutil.NoSuchProcess:
            return []

    def _is_here(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self.process.pid
        except ProcessLookupError:
            return False

    def _wait_for_output(self, seen: int, end: float, complaint: str) -> None:
        """Waits until there are more chunks than `seen`."""
        with self._changed:
            news = self._changed.wait_for(lambda: len(self._chunks) > seen or self._ended, end - time.monotonic())
            more = len(self._chunks) > seen
        if not more:
            why = "the program ended" if news else "in time"
            raise AssertionError(f"{complaint} ({why}); the screen:\n{self.text()}")

    def _render(self, most: int | None = None) -> int:
        """Draws what came, or so many reads of it; gives how many."""
        with self._changed:
            news = self._chunks[self._rendered :][:most]
        for _, data in news:
            self._rendering.feed(data)
        self._rendered += len(news)
        return len(news)

    def _read(self) -> None:
        while True:
            self._reading.wait()
            ready, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in ready and os.read(self._wake_read, 1) == b"q":
                break
            if self._master not in ready or not self._reading.is_set():
                continue
            try:
                data = os.read(self._master, int(self._link * _SLICE) or 65536)
            except OSError:  # EIO: the last process has closed the terminal
                break
            if not data:
                break
            if self._link:
                time.sleep(len(data) / self._link)
            self._take(data)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, data: Bytes) -> None:
        now = time.perf_counter()
        if answer := self._replies.to(data):
            with contextlib.suppress(OSError):
                os.write(self._master, answer)
        with self._changed:
            self._chunks.append((now, data))
            self._output += data
            self._ends.append(len(self._output))
            self._changed.notify_all()

    def _stop_reading(self) -> None:
        if self._master < 0:
            return
        os.write(self._wake_write, b"q")
        self._reading.set()
        self._thread.join(5)
        for descriptor in (self._master, self._wake_read, self._wake_write):
            os.close(descriptor)
        self._master = -1

    def _set_size(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
