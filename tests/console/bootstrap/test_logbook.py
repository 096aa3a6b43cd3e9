"""The engine's log holds places, never values, and does not grow for ever."""

from __future__ import annotations

import io
import logging
import sys

from console.bootstrap.logbook import BoundedHandler, CleanFormatter

SECRET = "password=hunter2hunter2"


def caught() -> logging.LogRecord:
    try:
        raise KeyError(SECRET)
    except KeyError:
        return logging.LogRecord("t", logging.ERROR, "f", 1, "a listener failed", (), sys.exc_info())


def test_an_exception_is_told_by_kind_and_place_only() -> None:
    said = CleanFormatter().format(caught())

    assert "KeyError" in said
    assert "in caught" in said
    assert "hunter2" not in said.replace("raise KeyError(SECRET)", "")


def test_messages_are_clean_and_redacted() -> None:
    record = logging.LogRecord("t", logging.ERROR, "f", 1, "object \x1b]52;c;x\x07 %s", (SECRET,), None)

    said = CleanFormatter().format(record)

    assert said.isprintable()
    assert "hunter2" not in said


def test_a_defect_in_a_loop_does_not_fill_the_disk() -> None:
    handler, out = BoundedHandler(most=1000), io.StringIO()
    handler.setStream(out)

    for _ in range(1000):
        handler.emit(caught())

    assert len(out.getvalue()) < 2000
    assert out.getvalue().endswith("no more from this engine\n")
