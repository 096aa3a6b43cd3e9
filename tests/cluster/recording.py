"""What an API server wrote into its audit log while something was done, and what the rules find in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from console.model.finding import Finding
from console.model.severity import Severity
from console.rules.detector import Detector
from console.rules.offline import feed_lines, shipped_rules
from tests.controlplane.running import ControlPlane


class Record:
    """Lines of the audit log from one moment on: by default from now.

    Args:
        plane: whose log.
        start: offset in the log.
        within: a longer record, which leaves out what this one leaves out.
    """

    def __init__(self, plane: ControlPlane, start: int | None = None, within: Record | None = None) -> None:
        self._plane = plane
        self._within = within
        self._start = plane.audit_log.stat().st_size if start is None else start
        self._gaps: list[tuple[int, int]] = []

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """What is done in here is no part of the record: what a test must do because its nodes are simulated."""
        begins = self.settle()
        yield
        gap = (begins, self.settle())
        for record in (self, self._within):
            if record is not None:
                record._gaps.append(gap)

    def settle(self) -> int:
        """Waits for what the API server has not written yet; returns the size of its log."""
        size = self._plane.audit_log.stat().st_size
        for _ in range(20):
            time.sleep(0.1)
            before, size = size, self._plane.audit_log.stat().st_size
            if size == before:
                break
        return size

    def lines(self) -> list[bytes]:
        """What was written so far, whole lines only."""
        text = self._plane.audit_log.read_bytes()
        for begins, ends in reversed(self._gaps):
            text = text[:begins] + text[ends:]
        return text[self._start : text.rfind(b"\n") + 1].splitlines()

    def findings(self, floor: Severity = Severity.INFO) -> list[Finding]:
        """What all shipped rules find in it."""
        detector = Detector(shipped_rules())
        assert feed_lines(self.lines(), detector, "audit") == 0, "the API server wrote a line we cannot read"
        return [finding for finding in detector.findings() if finding.severity.at_least(floor)]

    def rules(self) -> set[str]:
        """Ids of the rules that found something."""
        return {finding.rule for finding in self.findings()}


@contextmanager
def recorded(plane: ControlPlane, within: Record | None = None) -> Iterator[Record]:
    """A record from here on; at the end waits for what the API server has not written yet."""
    record = Record(plane, within=within)
    yield record
    record.settle()
