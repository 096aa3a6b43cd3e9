"""The item state machine, row by row: truth, hold, regression, growth of the set, people's words, needs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.boxes import DONE
from console.model.verdict import Verdict, both
from console.runbooks.states import MARKS, refusal
from tests.console.runbooks.making import Line, T, item, mark, member


@pytest.mark.parametrize(
    ("kind", "truth", "said", "state"),
    [
        ("auto", True, None, "verified"),
        ("auto", False, None, "open"),
        ("auto", None, None, "unknown"),
        ("auto", False, "claimed", "claimed"),
        ("auto", None, "claimed", "unknown"),
        ("auto", True, "claimed", "verified"),
        ("auto", False, "attested", "open"),
        ("auto", None, "attested", "unknown"),
        ("auto", False, "overridden", "overridden"),
        ("auto", None, "overridden", "overridden"),
        ("auto", None, "n-a", "n-a"),
        ("auto", False, "deferred", "deferred"),
        ("auto", None, "deferred", "deferred"),
        ("auto", True, "deferred", "verified"),
        ("hybrid", True, None, "proved"),
        ("hybrid", True, "attested", "verified"),
        ("hybrid", True, "deferred", "proved"),
        ("hybrid", False, "attested", "open"),
        ("hybrid", None, "attested", "unknown"),
        ("attest", "none", None, "open"),
        ("attest", "none", "attested", "attested"),
        ("attest", "none", "claimed", "claimed"),
        ("attest", "none", "n-a", "n-a"),
    ],
)
def test_what_is_observed_and_what_is_said_make_the_state(
    kind: str, truth: bool | str | None, said: str | None, state: str
) -> None:
    line = Line(item(kind=kind))
    assert line.at(1, member("", truth), marks={"": mark(said, T)} if said else None) == state


def test_a_truth_counts_only_after_it_held() -> None:
    line = Line(item(hold="60s"))
    assert line.at(0, member("", True)) == "open"
    assert line.at(59, member("", True)) == "open"
    assert line.at(60, member("", True)) == "verified"


def test_a_hold_says_when_to_look_again() -> None:
    judged = Line(item(hold="10m")).judged(0, member("", True, "quiet"))
    assert judged.state.due == T + 600
    assert judged.state.observed == "quiet · must hold 10 m"


@pytest.mark.parametrize("gap", [False, None])
def test_a_break_begins_the_hold_anew_whether_false_or_unknown(gap: bool | None) -> None:
    line = Line(item(hold="60s"))
    line.at(0, member("", True))
    line.at(30, member("", gap))
    assert line.at(60, member("", True)) == "open"
    assert line.at(119, member("", True)) == "open"
    assert line.at(120, member("", True)) == "verified"


def test_what_was_proved_and_is_false_again_has_regressed() -> None:
    line = Line(item())
    assert line.at(0, member("a", True)) == "verified"
    assert line.at(1, member("a", False)) == "regressed"
    assert line.at(2, member("a", None)) == "unknown"
    assert line.at(3, member("a", False)) == "regressed"
    assert line.at(4, member("a", True)) == "verified"


def test_a_truth_that_never_held_does_not_regress() -> None:
    line = Line(item(hold="60s"))
    line.at(0, member("a", True))
    assert line.at(30, member("a", False)) == "open"


def test_the_journal_remembers_what_was_proved_over_a_restart() -> None:
    assert Line(item(), ever_proved=True).at(0, member("a", False)) == "regressed"
    assert Line(item(), ever_proved=True).at(0, member("a", None)) == "unknown"


@pytest.mark.parametrize("said", ["claimed", "deferred", "attested"])
def test_no_claim_and_no_deferral_hides_a_regression(said: str) -> None:
    line = Line(item(kind="hybrid"))
    line.at(0, member("a", True))
    assert line.at(1, member("a", False), marks={"": mark(said)}) == "regressed"


def test_a_new_member_opens_the_item_again_without_calling_it_regressed() -> None:
    line = Line(item())
    assert line.at(0, member("a", True)) == "verified"
    judged = line.judged(1, member("a", True), member("b", False, "takes new pods"))
    assert judged.state.state == "open"
    assert (judged.state.done, judged.state.total) == (1, 2)
    assert judged.state.observed == "b: takes new pods"
    assert line.at(2, member("a", True), member("b", True)) == "verified"


def test_a_new_member_has_to_hold_for_itself() -> None:
    line = Line(item(hold="60s"))
    line.at(0, member("a", True))
    assert line.at(60, member("a", True)) == "verified"
    assert line.at(61, member("a", True), member("b", True)) == "open"
    assert line.at(121, member("a", True), member("b", True)) == "verified"


@pytest.mark.parametrize("said", ["n-a", "overridden", "attested"])
def test_a_word_covers_only_the_members_there_were_when_it_was_said(said: str) -> None:
    line = Line(item(kind="attest"))
    line.at(0, member("a", "none"))
    words = {"": mark(said, T + 5)}
    assert line.at(6, member("a", "none"), marks=words) == said
    assert line.at(7, member("a", "none"), member("b", "none"), marks=words) == "open"
    again = {"": mark(said, T + 8)}
    assert line.at(9, member("a", "none"), member("b", "none"), marks=again) == said


def test_members_can_be_settled_one_by_one() -> None:
    line = Line(item())
    both = (member("a", False), member("b", True))
    assert line.at(0, *both) == "open"
    judged = line.judged(1, *both, marks={"a": mark("n-a", T + 1)})
    assert judged.state.state == "verified"
    assert (judged.state.done, judged.state.total) == (2, 2)


def test_false_beats_unknown_and_unknown_beats_true() -> None:
    assert Line(item()).at(0, member("a", True), member("b", None), member("c", False)) == "open"
    assert Line(item()).at(0, member("a", True), member("b", None)) == "unknown"


def test_a_set_without_members_proves_nothing() -> None:
    judged = Line(item()).judged(0)
    assert judged.state.state == "open"
    assert judged.state.observed == "no affected node yet"


def test_needs_dim_an_open_item_but_never_hide_what_is_observed() -> None:
    needs = ("DET-09",)
    judged = Line(item()).judged(0, member("", False, "takes new pods"), needs=needs)
    assert (judged.state.state, judged.state.observed) == ("blocked", "takes new pods · first DET-09")
    assert Line(item()).at(0, member("", True), needs=needs) == "verified"
    assert Line(item()).at(0, member("", None), needs=needs) == "unknown"
    assert Line(item()).at(0, member("", False), needs=needs, marks={"": mark("claimed")}) == "claimed"


def test_a_gate_waits_for_its_needs() -> None:
    from console.runbooks.items import Offer

    gate = item(action=Offer("gate.pass", "D0", 1), per="incident")
    assert Line(gate).at(0, member("", True), needs=("CON-02",)) == "blocked"
    assert Line(gate).at(0, member("", True)) == "verified"


def test_who_said_what_is_kept_beside_the_state() -> None:
    state = Line(item()).judged(1, member("", False), marks={"": mark("overridden", T, "firewall did it")}).state
    assert (state.by, state.reason) == ("ana", "firewall did it")


_TRUTHS = st.sampled_from([True, False, None])
_ROUNDS = st.lists(
    st.tuples(st.integers(0, 90), st.dictionaries(st.sampled_from("abc"), _TRUTHS, min_size=1)), min_size=1, max_size=12
)


@given(rounds=_ROUNDS, kind=st.sampled_from(["auto", "hybrid"]), said=st.sampled_from([None, "claimed", "attested"]))
def test_unknown_never_ticks(rounds: Any, kind: str, said: str | None) -> None:
    """Whatever happened before and whoever attested: with one member unknown nothing is proved or verified."""
    line, now = Line(item(kind=kind, hold="60s")), 0
    for pause, truths in rounds:
        now += pause
        members = [member(name, truth) for name, truth in sorted(truths.items())]
        marks = {"": mark(said, T + now)} if said else {}
        state = line.judged(now, *members, marks=marks).state
        if None in truths.values():
            assert state.state not in DONE | {"proved"}
            assert state.seen not in ("proved", "verified")
        if False in truths.values():
            assert state.state not in DONE | {"proved"}
        if state.seen in ("proved", "verified"):
            assert set(truths.values()) == {True}


@pytest.mark.parametrize(
    ("kind", "state", "reason", "words"),
    [
        ("auto", "attested", "ticket 7", "ticks by observation alone"),
        ("hybrid", "attested", "", "say it in words (a note)"),
        ("auto", "overridden", "  ", "without a reason"),
        ("auto", "n-a", "", "without a reason"),
        ("attest", "done", "x", "none of claimed"),
    ],
)
def test_a_word_that_does_not_count_is_refused_with_the_reason(kind: str, state: str, reason: str, words: str) -> None:
    assert words in refusal(item(kind=kind), state, reason)


@pytest.mark.parametrize("state", MARKS)
def test_a_word_with_a_reason_is_taken(state: str) -> None:
    assert refusal(item(kind="attest"), state, "ticket 7") == ""


def test_a_name_that_is_a_common_word_is_shown_before_what_was_seen() -> None:
    """`default` in "no default deny" names no namespace."""
    seen = [member("default", False, "no default deny"), member("node-0", False, "node node-0 takes new pods")]
    judged = Line(item()).judged(0, *seen)
    assert judged.state.observed == "default: no default deny; node node-0 takes new pods"


def test_more_members_than_are_named_are_counted_apart_from_the_last_ones_value() -> None:
    seen = [member(name, False, "missing: pod.logs, events") for name in ("a", "b", "c", "d")]
    assert Line(item()).judged(0, *seen).state.observed.endswith("missing: pod.logs, events; and 2 more")


def test_an_item_that_waits_for_a_persons_word_says_what_it_should_be_about() -> None:
    channel = item(kind="attest", attest="which channel, and who is in it")
    assert Line(channel).judged(0, member("", "none")).state.observed == "to attest: which channel, and who is in it"
    said = Line(channel).judged(0, member("", "none"), marks={"": mark("attested")})
    assert (said.state.state, said.state.observed) == ("attested", "")
    proved = Line(item(kind="hybrid", attest="the change's number")).judged(0, member("", True, "no egress"))
    assert proved.state.observed == "no egress · to attest: the change's number"


def test_one_reason_of_several_parts_is_told_once() -> None:
    blind = Verdict(None, "no source is configured")
    assert both(blind, blind, Verdict(True, "3 nodes")).observed == "no source is configured; 3 nodes"
