"""Audit policies, read as the API server reads them."""

from __future__ import annotations

from typing import Any

import pytest

from console.model.need import Need
from console.model.weakness import Weakness
from console.posture.scanning import scan
from tests.console.posture.manifests import Object, read

DUMP = Need("DUMP", "all secrets listed", ("D69",), (("list", "secrets", ""), ("watch", "secrets", "")), "Metadata")
POD = Need("POD", "privileged container", ("D33",), (("create", "pods", ""),), "Request")
EXEC = Need("EXEC", "exec", (), (("create", "pods", "exec"),), "Metadata")
PROBE = Need("PROBE", "probing", (), (("get", "", ""),), "Metadata")
ANY = Need("ANY", "refused", (), (("*", "*", ""),), "Metadata")


def told(need: Need, *rules: Object, **policy: Any) -> list[Weakness]:
    body = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": list(rules), **policy}
    weak, faults = scan(read(body), needs=[need])
    assert faults == []
    return weak


def on(*resources: str, group: str = "", **more: Any) -> Object:
    return {"resources": [{"group": group, "resources": list(resources)}], **more}


ALL = {"level": "Metadata"}


def test_what_sees_nothing_is_told_with_what_it_is_given_and_by_which_rule() -> None:
    (one,) = told(POD, on("secrets", level="None"), ALL)

    assert (one.object, one.standard, one.control, one.field) == ("Policy", "audit", "POD", "rules[1].level")
    assert one.message == (
        "privileged container (D33) sees nothing: it needs Request and is given Metadata of create pods"
    )


@pytest.mark.parametrize(
    ("need", "rules", "what"),
    [
        (DUMP, [ALL], ""),
        (DUMP, [], "sees nothing"),
        (DUMP, [{"level": "None"}, ALL], "sees nothing"),
        (DUMP, [on("secrets", level="None", verbs=["watch"]), ALL], "sees not all"),
        (DUMP, [on("secrets", level="None", users=["system:apiserver"]), ALL], ""),
        (DUMP, [on("secrets", level="None", userGroups=["system:nodes"]), ALL], ""),
        (DUMP, [on("secrets", level="None", userGroups=["system:authenticated"]), ALL], "sees nothing"),
        (DUMP, [on("secrets", level="None", namespaces=["ci"]), ALL], "sees nothing in namespace ci"),
        (DUMP, [on("secrets", level="None", group="apps"), ALL], ""),
        (DUMP, [on("secrets", level="None", group="*"), ALL], "sees nothing"),
        (DUMP, [{"level": "None", "resources": [{"resources": ["secrets"], "resourceNames": ["a"]}]}, ALL], ""),
        (DUMP, [{"level": "Metadata", "omitStages": ["ResponseComplete"]}], "sees nothing"),
        (DUMP, [{"level": "Metadata", "omitStages": ["RequestReceived"]}], ""),
        (POD, [{"level": "RequestResponse"}], ""),
        (POD, [on("pods/*", level="Request"), ALL], ""),
        (EXEC, [on("pods", level="Metadata")], "sees nothing"),
        (EXEC, [on("pods/*", level="Metadata")], ""),
        (EXEC, [on("*/exec", level="Metadata")], ""),
        (EXEC, [{"level": "Metadata", "omitStages": ["ResponseComplete"]}], ""),
        (PROBE, [{"level": "Metadata", "nonResourceURLs": ["*"]}], ""),
        (PROBE, [{"level": "None", "nonResourceURLs": ["/healthz*"]}, ALL], ""),
        (PROBE, [on("secrets", level="Metadata")], "sees nothing"),
        (ANY, [on("secrets", level="Metadata")], "sees not all"),
        (ANY, [{"level": "None"}], "sees nothing"),
    ],
)
def test_the_first_rule_that_matches_decides(need: Need, rules: list[Object], what: str) -> None:
    found = told(need, *rules)

    assert [what + ":" in one.message for one in found] == ([True] if what else [])


def test_a_stage_left_out_of_the_whole_policy_counts_in_every_rule() -> None:
    assert len(told(DUMP, ALL, omitStages=["ResponseComplete"])) == 1


def test_a_policy_that_no_server_would_load_is_named() -> None:
    weak, faults = scan(read({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": "all"}), needs=[DUMP])

    assert weak == []
    assert "No API server would take it." in faults[0]
