"""What is generated from the registry is complete, and its role is enough on a real API server."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import yaml

from console.actions.catalogue import all_actions
from console.actions.docs import cluster_role, render
from console.errors import BadInput
from console.model.verdict import Stage
from tests.console.actions.incident import incident, node
from tests.controlplane import ControlPlane


def test_every_action_is_documented_with_its_undo_or_why_there_is_none() -> None:
    text = render(all_actions())

    for spec in all_actions().specs():
        section = text.split(f"\n## {spec.id}\n")[1].split("\n## ")[0]
        assert spec.help in section
        assert ("Undo" in section) or ("No undo: " in section and spec.undo_why in section)
        assert all(str(right) in section for right in spec.rights)
        assert all(f"`{param.name}`" in section for param in spec.params)


def test_the_role_holds_every_declared_right_and_no_write_beyond() -> None:
    registry = all_actions()
    declared = {(r.group, r.resource, r.verb) for spec in registry.specs() for r in spec.rights}

    role = yaml.safe_load(cluster_role(registry))

    given = {
        (g, r, v) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]
    }
    assert declared <= given
    beyond = {(g, r, v) for g, r, v in given - declared if v not in ("get", "list", "watch")}
    assert beyond <= {
        ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
        ("authorization.k8s.io", "subjectaccessreviews", "create"),
    }


def test_only_the_families_that_are_asked_for() -> None:
    text = cluster_role(all_actions(), ("node",))

    rules = yaml.safe_load(text)["rules"]
    assert [rule["resources"] for rule in rules if "patch" in rule["verbs"]] == [["nodes"]]
    assert not any("secrets" in rule["resources"] for rule in rules)
    with pytest.raises(BadInput, match=r"No family of actions is called 'nodes'; there are: .*node"):
        cluster_role(all_actions(), ("nodes",))


async def test_who_has_the_rendered_role_can_contain(
    controlplane: ControlPlane, pair: tuple[str, str], tmp_path: Path
) -> None:
    name = f"role-{uuid.uuid4().hex[:8]}"
    controlplane.kubectl("apply", "-f", "-", input=cluster_role(all_actions(), ("node",), "responder", name))
    try:
        async with incident(controlplane.kubeconfig("responder"), tmp_path, all_actions()) as room:
            room.arm()
            plan = await room.runner.plan("node.cordon", node(pair[0]))

            assert (await room.runner.preflight(plan)).missing == ()
            assert (await room.finish(plan)).stage is Stage.EFFECTIVE
    finally:
        controlplane.kubectl("delete", "clusterrole,clusterrolebinding", name)
