"""Rules over objects make findings once, however often a watch tells of the same object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from console.model.finding import Finding
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.loading import SHIPPED, load_rule, load_samples
from console.rules.lookout import Lookout
from console.rules.offline import shipped_rules
from console.rules.watched import change_of

RULES = shipped_rules()


def privileged(name: str = "x", uid: str = "u1", **more: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "a", "image": "i:1", "securityContext": {"privileged": True}}]}
    return {"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": uid, **more}, "spec": spec}


def found(lookout: Lookout, *told: dict[str, Any]) -> list[Finding]:
    return lookout.add(lookout.feed([change_of(one, 1000.0 + number) for number, one in enumerate(told)]))


def test_a_match_is_a_finding_with_its_object_and_without_a_user() -> None:
    (one,) = found(Lookout(RULES), {"object": privileged(), "manager": "helm"})

    assert (one.rule, one.severity, one.source, one.tactic) == (
        *("OBJ-PRIVILEGED", Severity.HIGH, "watch", "privilege-escalation"),
    )
    assert (one.who.user, one.who.manager) == ("", "helm")
    assert (one.target.kind, one.target.namespace, one.target.name, one.target.uid) == ("Pod", "shop", "x", "u1")
    assert (one.first, one.last, one.count, one.catalogue) == (1000.0, 1000.0, 1, ("D33",))
    assert one.note == "pod.images: i:1"
    assert msgspec.json.decode(one.evidence)["object"]["metadata"]["name"] == "x"


def test_an_object_told_again_counts_once_also_by_the_next_engine() -> None:
    """Every engine that starts looks through the last day."""
    first = Lookout(RULES)
    kept = found(first, privileged())
    assert found(first, privileged()) == []

    later = Lookout(RULES)
    later.restore(kept)
    assert found(later, privileged()) == []
    (one,) = found(later, privileged(uid="u2"))
    assert one.count == 2, "another pod of that name"


def test_rules_of_others_are_not_taken_over() -> None:
    audit = Finding("K8S-EXEC-POD", "t", Severity.LOW, found(Lookout(RULES), privileged())[0].who, _target(), 1.0, 2.0)
    lookout = Lookout(RULES)
    lookout.restore([audit])
    assert lookout.findings() == []
    assert [lookout.knows(rule) for rule in ("OBJ-PRIVILEGED", "K8S-PRIVILEGED")] == [True, False]


def _target() -> Any:
    return found(Lookout(RULES), privileged())[0].target


def test_choosing_rules_by_kind_loses_none() -> None:
    """The index over kinds against judging every change by every rule."""
    lookout = Lookout(RULES)
    samples = [sample for path in sorted(SHIPPED.rglob("object-*.yml")) for sample in load_samples(path)["match"]]
    assert len(samples) > 80
    for sample in samples:
        change = change_of(sample, 7.0)
        of_kind = {one.rule.id for one in lookout._for(change.ref.kind)}
        alone = {one.rule.id for one in RULES.sensing["object"] if Lookout(_only(one.rule.id)).feed([change])}
        assert alone <= of_kind


def _only(rule: str) -> RuleSet:
    return RuleSet([one.rule for one in RULES.sensing["object"] if one.rule.id == rule])


def test_a_rule_of_ones_own_may_count_and_ask_for_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(
        "title: many new objects\nid: OWN-MANY\nlevel: medium\nlogsource: {product: kubernetes, service: objects}\n"
        "threshold: {count: 3, within: 1m, by: [namespace]}\ntarget: collection\n"
        "detection:\n  a:\n    verb: created\n    name|startswith: 'x'\n  condition: a\n"
    )
    lookout = Lookout(RuleSet([load_rule(path)]))

    (one,) = found(lookout, *(privileged(f"x{number}", f"u{number}") for number in range(3)))

    assert (one.rule, one.count, one.target.name) == ("OWN-MANY", 3, "")
