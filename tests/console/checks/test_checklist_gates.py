"""Gates hold back on anything regressed or unknown; admission is proved by a dry-run, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from console.model.facts import Ask, Unknown
from console.model.instants import stamp
from tests.console.checks.scripted import NOW, Scripted, ask_check, meta, ref

SHOP = ref("Namespace", "", "shop")
SINCE = repr(NOW - 900)
CALLERS = Ask("callers", (SINCE,))


def gate(*states: str, calls: int | Unknown = 0) -> Scripted:
    standing = (("SVC-05", "unknown", NOW), *((f"CON-0{n}", state, NOW) for n, state in enumerate(states, 1)))
    return Scripted(
        {
            Ask("items", ("containment",)): standing,
            Ask("affected", ("User",)): (ref("User", "", "eve"),),
            Ask("calls_since", ("eve", SINCE)): calls,
        }
    )


@pytest.mark.parametrize(
    ("states", "truth"),
    [(("verified", "open", "n-a"), True), (("verified", "regressed"), False), (("unknown",), False)],
)
def test_the_containment_gate_wants_nothing_regressed_or_unknown(states: tuple[str, ...], truth: bool) -> None:
    assert ask_check("gate.containment", gate(*states)).truth is truth


def test_a_compromised_identity_that_still_gets_through_closes_the_gate() -> None:
    verdict = ask_check("gate.containment", gate("verified", calls=4))
    assert verdict.truth is False
    assert "requests in the last 15 m by eve" in verdict.observed


def test_identities_nobody_can_hear_make_the_gate_unknown() -> None:
    assert ask_check("gate.containment", gate("verified", calls=Unknown("no audit source"))).truth is None


@pytest.mark.parametrize(
    ("watch", "hours", "truth"), [("open", 100, False), ("verified", 10, False), ("verified", 73, True)]
)
def test_recovery_waits_72_hours_after_the_heightened_watch(watch: str, hours: int, truth: bool | None) -> None:
    facts = Scripted({Ask("items", ("",)): (("REC-08", watch, NOW - hours * 3600),)})
    facts.facts[CALLERS] = ()
    assert ask_check("gate.recovery", facts.say("ioc", "203.0.113.9")).truth is truth


@pytest.mark.parametrize(
    ("indicators", "callers", "truth"),
    [((), (), None), (("evil.example",), (), None), (("203.0.113.0/24",), ("203.0.113.9",), False)],
)
def test_recovery_is_not_declared_while_an_indicator_is_seen_or_cannot_be_looked_for(
    indicators: tuple[str, ...], callers: tuple[str, ...], truth: bool | None
) -> None:
    facts = Scripted({Ask("items", ("",)): (("REC-08", "verified", NOW - 80 * 3600),), CALLERS: callers})
    assert ask_check("gate.recovery", facts.say("ioc", *indicators)).truth is truth


@pytest.mark.parametrize(("debt", "effects", "truth"), [(2, 3, False), (0, 0, False), (0, 3, True)])
def test_containment_is_lifted_only_after_something_was_contained(debt: int, effects: int, truth: bool) -> None:
    facts = Scripted({Ask("undo_debt"): debt, Ask("journal", ("effect",)): effects})
    assert ask_check("containment.lifted", facts).truth is truth


def labelled(level: str) -> Scripted:
    labels = {"pod-security.kubernetes.io/enforce": level} if level else None
    return Scripted().watch("Namespace", meta("shop", labels=labels))


@pytest.mark.parametrize("level", ["", "privileged"])
def test_a_namespace_without_an_enforcing_label_is_open(level: str) -> None:
    assert ask_check("namespace.guarded", labelled(level), SHOP).truth is False


def test_a_label_is_not_behaviour() -> None:
    facts = labelled("restricted")
    assert ask_check("namespace.guarded", facts, SHOP).truth is None
    facts.say("dry-run", "privileged-pod shop denied", "hostPath-pod other denied")
    assert ask_check("namespace.guarded", facts, SHOP).truth is None
    facts.say("dry-run", "hostPath-pod shop denied")
    assert ask_check("namespace.guarded", facts, SHOP).truth is True


def test_an_admitted_pod_beats_the_label_and_the_newest_try_counts() -> None:
    facts = labelled("baseline").say("dry-run", "hostPath-pod shop denied", "privileged-pod shop admitted")
    assert ask_check("namespace.guarded", facts, SHOP).truth is False
    assert ask_check("namespace.guarded", facts.say("dry-run", "privileged-pod shop denied"), SHOP).truth is True


def test_images_are_guarded_when_both_fixtures_were_refused() -> None:
    facts = Scripted().say("dry-run", "unknown-registry-pod shop denied")
    assert ask_check("images.admitted", facts).truth is None
    assert ask_check("images.admitted", facts.say("dry-run", "unsigned-image-pod shop denied")).truth is True


def scan(name: str = "kube-bench", suspend: bool = False, completed: float = 0.0) -> dict[str, Any]:
    status = {"lastSuccessfulTime": stamp(completed)} if completed else {}
    return {**meta(name, "sec"), "spec": {"schedule": "0 4 * * *", "suspend": suspend}, "status": status}


@pytest.mark.parametrize(
    ("jobs", "truth", "words"),
    [
        ((), False, "no CronJob has a scanner's name"),
        ((scan("backup", completed=NOW - 60),), False, "no CronJob has a scanner's name"),
        ((scan(),), False, "never completed a run"),
        ((scan(completed=NOW - 8 * 86400),), False, "over 7 days ago"),
        ((scan(completed=NOW - 3600, suspend=True),), False, "is suspended"),
        ((scan("old-bench"), scan(completed=NOW - 3600)), True, "CronJob sec/kube-bench completed"),
    ],
)
def test_a_scan_counts_when_it_completed_lately(jobs: tuple[dict[str, Any], ...], truth: bool, words: str) -> None:
    verdict = ask_check("audit.scheduled", Scripted().watch("CronJob", *jobs))
    assert verdict.truth is truth
    assert words in verdict.observed
