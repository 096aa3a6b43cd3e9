"""What is missing is said with its reason and the way to get it, and fails where it must be there."""

from __future__ import annotations

import pytest

from tests.means import __main__ as means
from tests.means.cache import Missing, give_up


def absent() -> str:
    raise Missing("no Go toolchain on PATH", "Install Go 1.26")


ABSENT = means.Mean("control plane", absent, "tests/cluster")


def test_table_names_the_reason_the_way_and_what_is_skipped() -> None:
    text = means.table([means.provide(ABSENT)])

    for part in ("MISSING", "no Go toolchain on PATH", "Install Go 1.26", "tests/cluster"):
        assert part in " ".join(text.split())


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_missing_means_fail_in_ci_alone(monkeypatch: pytest.MonkeyPatch, ci: str, code: int) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(means, "MEANS", (ABSENT,))

    assert means.main() == code


def test_a_test_without_its_means_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no Go toolchain"):
        give_up("the control plane", Missing("no Go toolchain on PATH", "Install Go"))


def test_a_test_without_its_means_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no Go toolchain"):
        give_up("the control plane", Missing("no Go toolchain on PATH", "Install Go"))
