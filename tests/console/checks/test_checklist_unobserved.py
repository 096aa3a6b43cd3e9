"""Items no source of this build can see are unknown, with a reason."""

from __future__ import annotations

import pytest

from console.checks.checklist_unobserved import UNOBSERVED
from tests.console.checks.scripted import Scripted, ask_check


@pytest.mark.parametrize("name", sorted(UNOBSERVED))
def test_an_unobserved_fact_is_unknown_and_says_why(name: str) -> None:
    verdict = ask_check(name, Scripted())
    assert verdict.truth is None
    assert len(verdict.observed) > 20
