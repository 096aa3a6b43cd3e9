"""Findings of one actor become a story, which raises what serious steps led to; everybody else's stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.severity import Severity
from console.rules.stories import GAP, REACH, Storyteller, alone, tactics_of

LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
WEB = "system:serviceaccount:shop:web"


def finding(
    tactic: str, severity: Severity, at: float = 0.0, user: str = "eve", rule: str = "", on: Target | None = None,
    ip: str = "10.0.0.7", pod: str = "",
) -> Finding:  # fmt: skip
    return Finding(
        rule or f"R-{tactic}-{severity}", tactic, severity, Identity(user, ip=ip, pod=pod), on or Target(), at, at,
        tactic=tactic,
    )  # fmt: skip


def told(*steps: Finding) -> dict[str, Finding]:
    """How each stands at the end, by rule; fed one at a time, as they come."""
    teller, out = Storyteller(), {}
    for step in steps:
        out.update({one.rule: one for one in teller.feed([step])})
    return out


CHAIN = (
    finding("discovery", LOW, 1),
    finding("credential-access", MEDIUM, 2),
    finding("privilege-escalation", HIGH, 3),
)


def test_three_tactics_of_one_actor_raise_what_was_low_and_medium() -> None:
    other = finding("credential-access", MEDIUM, 2, user="jane", rule="hers")
    found = told(*CHAIN, other)

    assert {rule: one.severity for rule, one in found.items()} == {
        "R-discovery-low": MEDIUM,
        "R-credential-access-medium": HIGH,
        "R-privilege-escalation-high": HIGH,
        "hers": MEDIUM,
    }
    ours = {one.story for rule, one in found.items() if rule != "hers"}
    assert len(ours) == 1
    assert ours != {""}
    assert found["hers"].story == ""
    assert found["R-discovery-low"].base is LOW
    assert found["R-privilege-escalation-high"].base is None


def test_a_fourth_tactic_makes_high_critical() -> None:
    found = told(*CHAIN, finding("persistence", LOW, 4))
    assert found["R-privilege-escalation-high"].severity is Severity.CRITICAL
    assert found["R-persistence-low"].severity is MEDIUM


@pytest.mark.parametrize(
    ("steps", "chained"),
    [
        ((finding("discovery", HIGH, 1, rule="a"), finding("discovery", HIGH, 2, rule="b")), False),
        ((finding("discovery", LOW, 1), finding("credential-access", HIGH, 2)), True),
        ((finding("discovery", LOW, 1), finding("execution", MEDIUM, 2), finding("persistence", LOW, 3)), True),
        (tuple(finding(tactic, LOW, 1) for tactic in ("discovery", "execution", "persistence", "impact")), True),
        (tuple(finding(tactic, Severity.INFO, 1) for tactic in ("discovery", "execution", "impact")), False),
        (tuple(finding(tactic, HIGH, 1, user=tactic) for tactic in ("discovery", "execution", "impact")), False),
        (tuple(finding("", HIGH, 1, rule=name) for name in "abc"), False),
    ],
    ids=["one tactic", "two tactics", "one serious", "all small", "information", "three people", "no tactic"],
)
def test_less_than_that_raises_nothing(steps: Sequence[Finding], chained: bool) -> None:
    found = told(*steps)
    assert {one.rule: one.severity for one in found.values()} == {one.rule: one.severity for one in steps}
    assert {bool(one.story) for one in found.values()} == {chained}


def test_after_a_long_quiet_the_same_actor_begins_another_story() -> None:
    near = told(*CHAIN[:2], finding("privilege-escalation", HIGH, 2 + GAP))
    far = told(*CHAIN[:2], finding("privilege-escalation", HIGH, 3 + GAP))
    assert near["R-discovery-low"].severity is MEDIUM
    assert far["R-discovery-low"].severity is LOW
    assert far["R-privilege-escalation-high"].story == ""


def test_small_things_of_many_days_do_not_add_up() -> None:
    """An account that is never quiet for long has a story for each day."""
    chatter = [finding("discovery", LOW, hour * 3600.0, rule=f"hourly-{hour}") for hour in range(80)]
    steps = [finding("credential-access", MEDIUM, 30 * 3600.0), finding("privilege-escalation", MEDIUM, 60 * 3600.0)]
    found = told(*sorted((*chatter, *steps), key=lambda one: one.first))
    assert {one.severity for one in found.values() if one.tactic == "discovery"} == {LOW}
    assert len({one.story for one in found.values()} - {""}) == 2


def test_what_a_pod_does_after_a_shell_into_it_is_the_story_of_who_opened_the_shell() -> None:
    pod = Target(kind="Pod", subresource="exec", namespace="shop", name="web-1")
    shell = finding("execution", MEDIUM, 100, on=pod)
    inside = finding("credential-access", MEDIUM, 160, user="", ip="", pod="shop/web-1", rule="inside")
    late = finding("credential-access", MEDIUM, 101 + REACH, user="", ip="", pod="shop/web-1", rule="late")
    other = finding("credential-access", MEDIUM, 160, user="", ip="", pod="shop/web-2", rule="other")

    found = told(shell, inside, other)
    assert found["inside"].story == found["R-execution-medium"].story != ""
    assert found["other"].story == ""
    assert told(shell, late)["late"].story == ""
    assert told(finding("execution", MEDIUM, 170, on=pod), inside)["inside"].story == "", "the shell came later"


def test_a_minted_token_leads_on_only_from_the_same_address() -> None:
    token = Target(kind="ServiceAccount", subresource="token", namespace="shop", name="web")
    minted = finding("persistence", MEDIUM, 100, on=token)
    used = finding("credential-access", HIGH, 200, user=WEB, rule="used")
    own = finding("credential-access", HIGH, 200, user=WEB, rule="own", ip="10.1.0.4")

    assert told(minted, used)["used"].story
    assert told(minted, own)["own"].story == "", "the account's own pods use their token all the time"


def test_without_a_user_the_address_is_the_actor() -> None:
    here = [finding(tactic, MEDIUM, 1, user="system:anonymous", ip="203.0.113.7") for tactic in ("discovery", "impact")]
    there = finding("execution", MEDIUM, 1, user="system:anonymous", ip="198.51.100.9")
    found = told(*here, there)
    assert found["R-discovery-medium"].story == found["R-impact-medium"].story != ""
    assert found["R-execution-medium"].story == ""


def test_an_account_and_its_pod_turn_out_to_be_one_actor() -> None:
    """A sensor names the pod, the audit trail the account; a request that names both joins them."""
    inside = finding("execution", MEDIUM, 1, user="", ip="", pod="shop/web-1")
    asked = finding("discovery", LOW, 2, user=WEB, rule="asked")
    both = finding("credential-access", MEDIUM, 3, user=WEB, pod="shop/web-1")
    found = told(inside, asked, both)
    assert len({one.story for one in found.values()}) == 1
    assert found["asked"].severity is MEDIUM


def test_a_measure_of_a_pod_belongs_to_what_happens_in_it() -> None:
    inside = finding("execution", MEDIUM, 1, user="", ip="", pod="shop/web-1")
    busy = finding("impact", MEDIUM, 2, user="", ip="", on=Target(kind="Pod", namespace="shop", name="web-1"))
    assert len({one.story for one in told(inside, busy).values()} - {""}) == 1


def test_the_next_engine_knows_the_stories_and_what_the_rules_said() -> None:
    before = told(*CHAIN)
    teller = Storyteller()
    after = {one.rule: one for one in teller.feed(before.values())}
    assert after == before
    assert {rule: alone(one).severity for rule, one in after.items()} == {one.rule: one.severity for one in CHAIN}

    more = {one.rule: one for one in teller.feed([finding("impact", LOW, 5)])}
    assert {one.story for one in more.values()} == {before["R-discovery-low"].story}
    assert more["R-privilege-escalation-high"].severity is Severity.CRITICAL


def test_what_came_at_once_is_told_as_what_came_one_by_one() -> None:
    steps = (*CHAIN, finding("impact", LOW, 4), finding("execution", HIGH, 2, user="bob"))
    at_once = {one.rule: one for one in Storyteller().feed(steps)}
    assert at_once == told(*steps)


def test_a_storm_of_actors_is_forgotten_from_its_quietest_end() -> None:
    teller = Storyteller(most=100)
    for number in range(1000):
        teller.feed([finding("discovery", LOW, number, user=f"u{number}")])
    assert len(teller.findings()) == 100
    assert len(teller._stories) == 100
    assert len(teller._latest) <= 200
    late = teller.feed([finding("impact", MEDIUM, 1000, user="u999")])
    early = teller.feed([finding("impact", MEDIUM, 1000, user="u1")])
    assert len({one.story for one in late}) == 1
    assert [one.story for one in early] == [""]


def test_a_joined_story_is_told_anew_only_where_it_became_another() -> None:
    """The smaller goes into the larger: a story that everybody joins would cost all of it each time."""
    teller = Storyteller()
    inside = [finding(tactic, LOW, 1, user="", ip="", pod="shop/web-1", rule=f"in-{tactic}") for tactic in ("x", "y")]
    teller.feed(inside)
    moved = 0
    for number in range(200):
        asked = finding("x", LOW, 2, user=f"u{number}", rule="asked")
        both = finding("y", LOW, 3, user=f"u{number}", pod="shop/web-1", rule="both")
        teller.feed([asked])
        moved += len(teller.feed([both]))
    assert moved <= 2 * 200 + len(inside)
    assert len({one.story for one in teller.findings()}) == 1


def test_actors_without_end_in_a_story_without_end_are_forgotten() -> None:
    teller = Storyteller(most=50)
    for number in range(1000):
        teller.feed([finding("discovery", LOW, number, user=WEB, rule=f"r{number}", pod=f"shop/web-{number}")])
    assert len(teller._stories) == 1
    assert len(teller._latest) <= 100


def test_a_shell_counts_each_time_it_is_opened() -> None:
    pod = Target(kind="Pod", subresource="exec", namespace="shop", name="web-1")
    first, again = (finding("execution", MEDIUM, at, on=pod) for at in (0, 50_000))
    again = msgspec.structs.replace(again, first=0.0, count=2)
    inside = finding("credential-access", MEDIUM, 50_060, user="", ip="", pod="shop/web-1", rule="inside")
    found = told(first, again, inside)
    assert found["inside"].story == found["R-execution-medium"].story != ""


def test_a_sensor_may_tell_before_the_audit_trail_does() -> None:
    pod = Target(kind="Pod", subresource="exec", namespace="shop", name="web-1")
    inside = finding("credential-access", MEDIUM, 160, user="", ip="", pod="shop/web-1", rule="inside")
    found = told(inside, finding("execution", MEDIUM, 100, on=pod))
    assert found["inside"].story == found["R-execution-medium"].story != ""

    theirs = finding("discovery", MEDIUM, 161, user="jane", pod="shop/web-1", rule="theirs")
    found = told(inside, theirs, finding("execution", MEDIUM, 100, on=pod))
    assert found["theirs"].story == found["inside"].story != found["R-execution-medium"].story, "it is jane's already"


def test_the_next_engine_keeps_two_stories_of_one_actor_apart() -> None:
    """The first story's finding came again, so the two overlap by now; people have written down both."""
    early, later = finding("discovery", LOW, 0), finding("impact", LOW, 1)
    again = msgspec.structs.replace(early, last=3 * GAP)
    other = [finding(tactic, LOW, 2 * GAP, rule=f"two-{tactic}") for tactic in ("discovery", "impact")]
    before = told(early, later, *other, again)
    assert len({one.story for one in before.values()}) == 2
    after = Storyteller().feed(sorted(before.values(), key=lambda one: one.first))
    assert {one.rule: one.story for one in after} == {rule: one.story for rule, one in before.items()}


def test_strangers_who_ask_the_same_are_no_company() -> None:
    """Without a name they share a finding; what each did besides stays apart."""
    asked = [finding("discovery", LOW, at, user="system:anonymous", ip=f"203.0.113.{at}") for at in (1, 2)]
    did = [finding("impact", LOW, at, user="system:anonymous", ip=f"203.0.113.{at}", rule=f"did-{at}") for at in (1, 2)]
    found = told(asked[0], asked[1], *did)
    assert found["did-1"].story == found["R-discovery-low"].story != ""
    assert found["did-2"].story == ""


def test_a_story_is_told_in_the_order_of_its_steps() -> None:
    chain = [*CHAIN, finding("execution", Severity.INFO, 0), finding("discovery", LOW, 9, rule="again")]
    assert tactics_of(chain) == ("discovery", "credential-access", "privilege-escalation")
