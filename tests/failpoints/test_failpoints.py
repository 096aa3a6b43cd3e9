"""kill -9 at each point of a write: nothing acknowledged is lost, nothing is sent twice, the truth is found out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.actions.failpoints import POINTS
from console.model.verdict import Stage
from tests.controlplane import ControlPlane
from tests.failpoints.killing import kill_and_recover

UNSENT = ("before_intent", "after_intent", "before_send")
AGAIN = ("after_intent", "after_send", "before_effect")
"""Points where a blind engine would send twice; with the seven points ten runs in all."""


@pytest.fixture
def fresh(controlplane: ControlPlane) -> Iterator[str]:
    """A node nobody wrote to before: the audit log is searched for its name."""
    (made,) = controlplane.nodes(1, f"kill-{uuid.uuid4().hex[:8]}")
    yield made
    controlplane.kubectl("delete", "node", made, "--ignore-not-found")


@pytest.mark.parametrize("point", [*POINTS, *AGAIN])
async def test_nothing_is_lost_or_sent_twice(
    controlplane: ControlPlane, fresh: str, tmp_path: Path, point: str
) -> None:
    report = await kill_and_recover(controlplane, tmp_path, fresh, point)

    assert report.died, "the failpoint was never reached"
    assert (report.lost, report.problem, report.unknown) == ([], "", [])
    assert all(count == 1 for count in report.sent.values())
    if point in UNSENT:
        assert (report.outcome.stage, report.cordoned, dict(report.sent)) == (Stage.FAILED, False, {})
    else:
        assert (report.outcome.stage, report.cordoned, len(report.sent)) == (Stage.EFFECTIVE, True, 1)


@pytest.mark.parametrize(
    ("point", "stage", "arrived"),
    [("before_send", Stage.FAILED, 0), ("after_send", Stage.PARTIAL, 1), ("after_effect", Stage.PARTIAL, 1)],
)
async def test_a_plan_killed_half_way_says_what_is_done_and_goes_no_further(
    controlplane: ControlPlane, fresh: str, tmp_path: Path, point: str, stage: Stage, arrived: int
) -> None:
    (second,) = controlplane.nodes(1, f"{fresh}-second")
    try:
        report = await kill_and_recover(controlplane, tmp_path, fresh, point, second)
    finally:
        controlplane.kubectl("delete", "node", second)

    assert report.died
    assert (report.lost, report.problem, report.unknown) == ([], "", [])
    assert (report.outcome.stage, sum(report.sent.values())) == (stage, arrived)
    if stage is Stage.PARTIAL:
        assert report.outcome.residual == (f"not done: label node {second}",)
        assert f"Done: label node {fresh}" in report.outcome.text
