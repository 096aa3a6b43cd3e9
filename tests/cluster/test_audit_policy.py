"""An intrusion on a real API server with a thin audit policy: what goes unseen was told before, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.posture.reading import read_files
from console.posture.scanning import scan
from console.rules.needing import needs
from console.rules.offline import shipped_rules
from tests.cluster.intrusion import STEPS, Intruder, run_all
from tests.cluster.recording import recorded
from tests.controlplane import ControlPlane
from tests.means.cache import Missing, give_up

ROLES = "{group: rbac.authorization.k8s.io, resources: [roles, clusterroles]}"
POLICIES = {
    "metadata alone": "rules: [{level: Metadata}]",
    "bodies of roles, nothing of pods": f"""
rules:
- {{level: None, verbs: [create], resources: [{{group: "", resources: [pods, pods/exec]}}]}}
- {{level: Request, resources: [{ROLES}]}}
- {{level: Metadata, omitStages: [RequestReceived]}}
""",
    "secrets and what is not named": """
rules:
- {level: RequestResponse, resources: [{group: "", resources: [secrets, "serviceaccounts/*"]}]}
- {level: Request, resources: [{group: "*"}], omitStages: [ResponseComplete]}
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_what_an_intrusion_hides_under_a_policy_was_told_and_nothing_else(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"apiVersion: audit.k8s.io/v1\nkind: Policy\n{policy}")
    manifests, faults = read_files([str(path)])
    weak, unjudged = scan(manifests, needs=needs(shipped_rules().auditing))
    assert (faults, unjudged) == ([], [])
    told = {one.control for one in weak}
    blind = {one.control for one in weak if "sees nothing:" in one.message}
    try:
        plane = ControlPlane(audit_policy=path)
    except Missing as missing:
        give_up("the control plane", missing)
    with plane:
        plane.nodes(2)
        plane.namespaces("shop")
        with recorded(plane) as record:
            run_all(Intruder(plane, "shop"))
        found = record.rules()
    expected = {rule for _, rules in STEPS.values() for rule in rules}

    assert expected - found <= told, "a detection saw nothing, and nobody was told"
    assert blind & found == set(), "a detection that was called blind saw something"
    assert blind & expected, "nothing of this intrusion is hidden by the policy"
    assert found & expected, "all of it is hidden: nothing is shown by that"
