"""Other people's audit traces: what they say is an attack is found with default settings, the clean ones are silent."""

from __future__ import annotations

import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.rules.compiling import RuleSet
from console.rules.offline import NOTHING, UNREADABLE, detect, shipped_rules

_ROOT = Path(__file__).parents[3]
_FOLDER = Path(os.environ.get("WARROOM_PEER_DATA") or _ROOT.parent / "shared" / "data") / "falco-k8saudit"

CATALOGUE = {
    "Create Privileged Pod": "D33",
    "Create HostNetwork Pod": "D35",
    "Create Sensitive Mount Pod": "D34",
    "Create NodePort Service": "D06",
    "Create/Modify Configmap With Private Credentials": "D62",
    "Anonymous Request Allowed": "D01",
    "Attach/Exec Pod": "D13",
    "Pod Created in Kube Namespace": "D23",
    "Service Account Created in Kube Namespace": "D55",
    "System ClusterRole Modified/Deleted": "D46",
    "Attach to cluster-admin Role": "D39",
    "ClusterRole With Wildcard Created": "D41",
    "ClusterRole With Write Privileges Created": "D42",
    "ClusterRole With Pod Exec Created": "D43",
}
ACTIVITY = {
    "K8s Deployment Created": "K8S-ACT-DEPLOYMENT-MADE",
    "K8s Deployment Deleted": "K8S-ACT-DEPLOYMENT-GONE",
    "K8s Service Created": "K8S-ACT-SERVICE-MADE",
    "K8s Service Deleted": "K8S-ACT-SERVICE-GONE",
    "K8s ConfigMap Created": "K8S-ACT-CONFIGMAP-MADE",
    "K8s ConfigMap Deleted": "K8S-ACT-CONFIGMAP-GONE",
    "K8s Namespace Deleted": "K8S-ACT-NAMESPACE-GONE",
    "K8s Serviceaccount Created": "K8S-ACT-SA-MADE",
    "K8s Serviceaccount Deleted": "K8S-ACT-SA-GONE",
    "K8s Role/Clusterrole Created": "K8S-ROLE-CHANGED",
    "K8s Role/Clusterrole Deleted": "K8S-ACT-ROLE-GONE",
    "K8s Role/Clusterrolebinding Created": "K8S-BINDING-CHANGED",
    "K8s Role/Clusterrolebinding Deleted": "K8S-BINDING-DELETED",
    "K8s Secret Created": "K8S-ACT-SECRET-MADE",
    "K8s Secret Deleted": "K8S-ACT-SECRET-GONE",
}


def _cases() -> list[Any]:
    file = _FOLDER / "expectations.json"
    if not file.is_file():
        why = f"{_FOLDER} is not there; set WARROOM_PEER_DATA to the folder with falco-k8saudit"
        return [pytest.param(None, marks=pytest.mark.skip(reason=why), id="absent")]
    cases = json.loads(file.read_text())
    return [pytest.param(case, id=case["case"]) for case in cases if case["portable"]]


@cache
def _rules() -> RuleSet:
    return shipped_rules()


def _detect(trace: str, floor: str) -> tuple[int, list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    path = str(_FOLDER / "trace_files" / "k8s_audit" / trace)
    code = detect([path], min_severity=floor, out=out, err=err, rules=_rules())
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


@pytest.mark.parametrize("case", _cases())
def test_case_ends_as_its_authors_say(case: dict[str, Any]) -> None:
    code, found, err = _detect(case["trace"], "info")
    ids = {catalogue for finding in found for catalogue in finding["catalogue"]}
    rules = {finding["rule"] for finding in found}
    if case["cls"] == "robustness":
        assert code == UNREADABLE
        assert "malformed" in err
    elif not case["detect"]:
        assert ids == set(), found
        assert _detect(case["trace"], "medium")[:2] == (NOTHING, [])
    elif case["cls"] == "security":
        assert {CATALOGUE[name] for name in case["rules"]} <= ids
    else:
        assert {ACTIVITY[name] for name in case["rules"]} <= rules
        assert all(finding["severity"] in ("info", "low") for finding in found)
