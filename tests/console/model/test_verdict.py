"""An outcome's exit code, which scripts decide by."""

from __future__ import annotations

import pytest

from console.model.verdict import Outcome, Stage

LEFT, UNSEEN, GREY = ("a policy is left",), ("no data path seen",), ("node-local traffic",)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(Stage.EFFECTIVE), 0),
        (Outcome(Stage.EFFECTIVE, limits=GREY), 0),
        (Outcome(Stage.CONVERGED), 3),
        (Outcome(Stage.EFFECTIVE, unverifiable=UNSEEN), 3),
        (Outcome(Stage.EFFECTIVE, residual=LEFT), 4),
        (Outcome(Stage.CONVERGED, residual=LEFT, unverifiable=UNSEEN), 4),
        (Outcome(Stage.REFUSED), 5),
        (Outcome(Stage.PARTIAL, residual=LEFT, unverifiable=UNSEEN), 6),
        (Outcome(Stage.UNKNOWN), 6),
        (Outcome(Stage.FAILED), 7),
    ],
)
def test_of_several_things_the_worst_decides_and_what_may_be_written_is_never_called_unwritten(
    outcome: Outcome, code: int
) -> None:
    assert outcome.exit_code == code


def test_only_effective_with_nothing_left_is_good() -> None:
    assert [stage for stage in Stage if Outcome(stage).exit_code == 0] == [Stage.EFFECTIVE]
