"""The register of actions is complete: design's names, keys, classes and undos, with help a person can use."""

from __future__ import annotations

import re

import pytest

from console.actions.catalogue import all_actions
from console.actions.registry import Registry
from console.errors import BadInput
from console.incident.board import _offers
from console.model.action import ActionSpec, Danger, Param
from console.model.ref import BY_KIND, BY_RESOURCE

REGISTRY = all_actions()
TABLE = {
    "evidence.pod": ("e", Danger.D0, ""),
    "pod.quarantine": ("x i", Danger.D2, "pod.release"),
    "pod.delete": ("x k", Danger.D3, ""),
    "workload.suspend": ("x w", Danger.D2, "workload.resume"),
    "node.cordon": ("x o", Danger.D1, "node.uncordon"),
    "sa.revoke": ("x r", Danger.D2, "sa.unrevoke"),
    "sa.replace": ("", Danger.D3, ""),
    "stream.cut": ("x s", Danger.D3, ""),
    "alert.silence": ("x a", Danger.D1, "alert.unsilence"),
}


@pytest.mark.parametrize("name", TABLE)
def test_names_keys_classes_and_undos_are_those_of_the_design(name: str) -> None:
    spec = REGISTRY.get(name).spec
    assert (spec.keys, spec.danger, spec.undo) == TABLE[name]


@pytest.mark.parametrize("spec", REGISTRY.specs(), ids=lambda spec: spec.id)
def test_an_action_can_be_understood_and_allowed(spec: ActionSpec) -> None:
    assert len(spec.title) <= 40
    assert 2 <= len(re.findall(r"\.(?:\s|$)", spec.help)) <= 5
    assert bool(spec.rights) is (spec.family != "alert"), "only Alertmanager grants what is done there"
    assert spec.undo or spec.undo_why
    for right in spec.rights:
        resource = right.resource.partition("/")[0]
        foreign = right.group in ("authorization.k8s.io", "autoscaling", "keda.sh")
        assert foreign or (right.group, resource) in BY_RESOURCE, right


@pytest.mark.parametrize("spec", [one for one in REGISTRY.specs() if one.undo], ids=lambda spec: spec.id)
def test_every_undo_is_registered_and_points_back(spec: ActionSpec) -> None:
    undo = REGISTRY.get(spec.undo)
    assert undo.spec.inverse_of == spec.id
    assert hasattr(undo, "plan_undo")


def test_targets_are_kinds_that_can_be_read_or_identities() -> None:
    for spec in REGISTRY.specs():
        assert all(kind in BY_KIND or kind in ("User", "Group", "Alert") for kind in spec.targets)


def test_undos_are_not_offered_by_themselves() -> None:
    offered = {action for actions in _offers(REGISTRY.specs()).values() for action in actions}
    assert "pod.quarantine" in offered
    assert not offered & {"pod.release", "workload.resume", "sa.unrevoke", "node.uncordon", "alert.unsilence"}
    assert {"evidence.pod", "pod.quarantine", "pod.delete", "workload.suspend"} <= offered


@pytest.mark.parametrize(
    ("param", "value", "said"),
    [
        (Param("name", "Name of the new account", required=True), " ", "is needed: Name of the new account"),
        (Param("way", "", "choice", ("a", "b"), "a"), "c", "is one of a, b, not 'c'"),
        (Param("grace", "", "int"), "1.5", "is a whole number, not '1.5'"),
        (Param("grace", "", "int"), "\u0663", "is a whole number, not '\u0663'"),
        (Param("hard", "", "flag"), "yes", "is true or false, not 'yes'"),
        (Param("grace", "", "int"), "-5", ""),
        (Param("grace", "", "int"), "", ""),
        (Param("name", "", required=True), "fresh", ""),
    ],
)
def test_a_value_is_checked_by_its_declaration(param: Param, value: str, said: str) -> None:
    assert param.wrong(value) == said


@pytest.mark.parametrize(
    ("param", "inverse", "said"),
    [
        (Param("way", "", "choice", ("a", "b")), "", "way has a default that may not be given"),
        (Param("name", "", default="x", required=True), "", "name has a default that may not be given"),
        (Param("grace", "", "int"), "pod.quarantine", "an undo takes one parameter, mode"),
    ],
)
def test_a_declaration_whose_form_could_not_be_filled_in_is_refused(param: Param, inverse: str, said: str) -> None:
    class Odd:
        spec = ActionSpec(
            "odd.one",
            "Odd",
            "odd",
            Danger.D1,
            "For tests.",
            ("Pod",),
            params=(param,),
            undo_why="-",
            inverse_of=inverse,
        )

    with pytest.raises(BadInput, match=said):
        Registry().add(Odd())  # type: ignore[arg-type]  # only its declaration is looked at
