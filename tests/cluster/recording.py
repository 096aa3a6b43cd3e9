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
    """Lines of the audit log from one moment on."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._start = plane.audit_log.stat().st_size

    def lines(self) -> list[bytes]:
        """What was written so far, whole lines only."""
        with self._plane.audit_log.open("rb") as log:
            log.seek(self._start)
            text = log.read()
        return text[: text.rfind(b"\n") + 1].splitlines()

    def findings(self, floor: Severity = Severity.INFO) -> list[Finding]:
        """What all shipped rules find in it."""
        detector = Detector(shipped_rules())
        assert feed_lines(self.lines(), detector, "audit") == 0, "the API server wrote a line we cannot read"
        return [finding for finding in detector.findings() if finding.severity.at_least(floor)]

    def rules(self) -> set[str]:
        """Ids of the rules that found something."""
        return {finding.rule for finding in self.findings()}


@contextmanager
def recorded(plane: ControlPlane) -> Iterator[Record]:
    """A record from here on; at the end waits for what the API server has not written yet."""
    record = Record(plane)
    yield record
    for _ in range(20):
        before = len(record.lines())
        time.sleep(0.1)
        if len(record.lines()) == before:
            return
