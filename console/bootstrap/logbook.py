"""The engine's log: where a defect happened and of what kind, never the values around it.

In: records of all libraries. Out: lines on standard error, clean, without an exception's own words (they may quote the
cluster), and at most a few MiB of them from one engine.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType

from console.hygiene.exporting import Exporter

MOST = 4 * 1024 * 1024
"""Bytes one engine may log."""
_export = Exporter(b"engine.log")


class CleanFormatter(logging.Formatter):
    """One record as clean lines."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Time, logger, message, and the lines of code an exception passed."""
        said = "\n".join(_export.lines(record.getMessage(), most=100))
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
        lines = [f"{at} {record.name} {said}"]
        if record.exc_info and record.exc_info[0]:
            lines.append(_where(record.exc_info[0], record.exc_info[2]))
        return "\n".join(lines)


class BoundedHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes until there is too much of it: a defect in a loop must not fill the disk the record needs."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._left = most
        self.setFormatter(CleanFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, or nothing any more."""
        if self._left <= 0:
            return
        try:
            line = self.format(record)
            self._left -= len(line)
            self.stream.write(line + ("\n" if self._left > 0 else "\nthe log is full: no more from this engine\n"))
            self.flush()
        except (OSError, ValueError):
            self._left = 0  # a full disk: the log is the least of it


def start_logbook() -> None:
    """From now on everything that is logged, and what ends this process, goes there."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    root.handlers[:] = [BoundedHandler()]
    sys.excepthook = _ended_by


def _ended_by(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("warroom").critical("the engine ended by a defect", exc_info=(kind, error, trace))


def _where(kind: type[BaseException], trace: TracebackType | None) -> str:
    return f"{kind.__name__}\n{''.join(traceback.format_tb(trace))}".rstrip()
