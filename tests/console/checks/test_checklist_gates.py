"""Gates hold back on anything regressed or unknown; admission is proved by a dry-run, or not at all."""

from __future__ import annotations

import pytest

from console.model.facts import Ask, Unknown
from tests.console.checks.scripted import NOW, Scripted, ask_check, meta, ref

SHOP = ref("Namespace", "", "shop")
SINCE = repr(NOW - 900)


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
    ("watch", "hours", "truth"), [("open", 100, False), ("verified", 10, False), ("verified", 73, None)]
)
def test_recovery_waits_72_hours_after_the_heightened_watch(watch: str, hours: int, truth: bool | None) -> None:
    facts = Scripted({Ask("items", ("",)): (("REC-08", watch, NOW - hours * 3600),)})
    assert ask_check("gate.recovery", facts).truth is truth


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


def test_a_scan_whose_last_run_is_not_watched_stays_unknown() -> None:
    assert ask_check("audit.scheduled", Scripted()).truth is False
    facts = Scripted().watch("CronJob", meta("kube-bench", "sec"))
    assert ask_check("audit.scheduled", facts).truth is None
