"""Kubernetes' own fixtures, and what they do not hold: versions, replaced controls, who is not asked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.errors import BadInput
from console.policy.podsecurity.control import BASELINE, RESTRICTED
from console.policy.podsecurity.judging import NEWEST, breaches, minor_of, weaknesses
from console.policy.podsecurity.surface import Surface

_ROOT = Path(__file__).parents[4]
_FOLDER = Path(os.environ.get("WARROOM_PEER_DATA") or _ROOT.parent / "shared" / "data") / "psa-v1.29"
HARD: dict[str, Any] = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(*, spec: dict[str, Any] | None = None, template: bool = False, **security: Any) -> Surface:
    """A pod that is restricted but for what is given."""
    container = {"name": "main", "image": "app:1", "securityContext": HARD | security}
    return Surface({}, {"containers": [container], **(spec or {})}, template=template)


def controls(surface: Surface, minor: int = NEWEST, standard: str = RESTRICTED) -> set[str]:
    return {one.control for one in breaches(surface, minor, standard)}


def _cases() -> list[Any]:
    file = _FOLDER / "cases.jsonl"
    if not file.is_file():
        why = f"{_FOLDER} is not there; set WARROOM_PEER_DATA to the folder with psa-v1.29"
        return [pytest.param(None, marks=pytest.mark.skip(reason=why), id="absent")]
    cases = [json.loads(line) for line in file.read_text().splitlines()]
    return [pytest.param(case, id=case["case"]) for case in cases]


@pytest.mark.parametrize("case", _cases())
def test_a_fixture_of_kubernetes_is_judged_as_it_says(case: dict[str, str]) -> None:
    sent = yaml.safe_load((_FOLDER / case["case"]).read_text())
    surface, minor = Surface(sent["metadata"], sent["spec"]), minor_of(case["version"])

    found = breaches(surface, minor, case["level"])

    assert ("violation" if found else "clean") == case["expected"]
    if found:
        assert case["control"] in {one.control.lower() for one in weaknesses(surface, minor)}


@pytest.mark.parametrize(
    ("text", "minor"), [("v1.29", 29), ("1.29", 29), ("v1.33.1-gke.100", 33), ("v1.99", NEWEST), ("latest", NEWEST)]
)
def test_a_version_is_read_as_servers_write_it(text: str, minor: int) -> None:
    assert minor_of(text) == minor


@pytest.mark.parametrize("text", ["", "29", "v2.0", "1", "v1.x", "newest"])
def test_what_is_no_version_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"write it as v1\.29"):
        minor_of(text)


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("kernel.shm_rmid_forced", 0),
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_wmem", 32),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ],
)
def test_a_sysctl_is_harmless_from_the_version_that_says_so(name: str, since: int) -> None:
    surface = pod(spec={"securityContext": {"sysctls": [{"name": name, "value": "1"}]}})

    assert [minor for minor in range(NEWEST + 1) if "sysctls" not in controls(surface, minor)] == [
        *range(since, NEWEST + 1)
    ]


def test_the_restricted_level_asks_in_place_of_the_baseline_and_weaknesses_name_both() -> None:
    surface = pod(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})

    assert controls(surface, standard=BASELINE) == {"capabilities_baseline"}
    assert controls(surface) == {"capabilities_restricted"}
    assert {(one.standard, one.control) for one in weaknesses(surface)} == {
        (BASELINE, "capabilities_baseline"),
        (RESTRICTED, "capabilities_restricted"),
    }


def test_every_container_is_looked_at_and_named_by_its_path() -> None:
    bad = {"name": "x", "securityContext": HARD | {"privileged": True}}
    surface = pod(spec={"initContainers": [bad], "ephemeralContainers": [bad]})

    assert [one.field for one in breaches(surface, standard=BASELINE)] == [
        "spec.initContainers[0].securityContext.privileged",
        "spec.ephemeralContainers[0].securityContext.privileged",
    ]


def test_windows_is_not_asked_for_what_only_linux_has() -> None:
    spec = {"os": {"name": "windows"}, "containers": [{"name": "main", "securityContext": {"runAsNonRoot": True}}]}
    linux = {"allowPrivilegeEscalation", "capabilities_restricted", "seccompProfile_restricted"}

    assert controls(Surface({}, spec), 24) == linux
    assert controls(Surface({}, spec), 25) == set()


def test_root_in_its_own_user_namespace_is_let_be_from_1_35() -> None:
    surface = pod(spec={"hostUsers": False}, runAsNonRoot=False, runAsUser=0, procMount="Unmasked")

    assert controls(surface, 34) == {"procMount", "runAsNonRoot", "runAsUser"}
    assert controls(surface, 35) == {"procMount_restricted"}
    assert controls(surface, 35, BASELINE) == set()


def test_a_pod_in_the_hosts_network_takes_its_ports_and_a_template_does_not() -> None:
    container = {"name": "main", "ports": [{"containerPort": 8080}]}
    spec = {"hostNetwork": True, "containers": [container]}

    assert controls(Surface({}, spec), standard=BASELINE) == {"hostNamespaces", "hostPorts"}
    assert controls(Surface({}, spec, template=True), standard=BASELINE) == {"hostNamespaces"}


@pytest.mark.parametrize(
    ("volume", "control"),
    [
        ({}, set()),
        ({"emptyDir": None}, set()),
        ({"image": {"reference": "r"}}, set()),
        ({"hostPath": {"path": "/"}}, {"restrictedVolumes"}),
        ({"invented": {}}, {"restrictedVolumes"}),
    ],
)
def test_a_volume_without_a_kind_is_an_empty_directory_and_an_unknown_kind_is_not(
    volume: dict[str, Any], control: set[str]
) -> None:
    assert controls(pod(spec={"volumes": [{"name": "v", **volume}]})) == control


def test_a_host_in_a_probe_counts_from_1_34() -> None:
    probe = {"exec": None, "httpGet": {"host": "192.0.2.7", "port": 80}}
    spec = {"containers": [{"name": "main", "securityContext": HARD, "startupProbe": probe}]}

    assert controls(Surface({}, spec), 33) == set()
    assert controls(Surface({}, spec), 34) == {"hostProbesAndHostLifecycle"}


def test_annotations_count_where_fields_did_not_exist_yet() -> None:
    marks = {
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.apparmor.security.beta.kubernetes.io/main": "unconfined",
    }
    surface = Surface({"annotations": marks}, {"containers": [{"name": "main"}]})

    assert controls(surface, 18, BASELINE) == {"appArmorProfile", "seccompProfile_baseline"}
    assert controls(surface, 19, BASELINE) == {"appArmorProfile"}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (
            {"containers": [{"securityContext": {"privileged": "true"}}]},
            "spec.containers[0].securityContext.privileged",
        ),
        ({"hostNetwork": "yes"}, "spec.hostNetwork"),
        ({"containers": {"name": "main"}}, "spec.containers"),
    ],
)
def test_what_no_server_would_decode_is_an_error_that_names_the_field(spec: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        Surface({}, spec)

    assert f"`{field}`" in str(caught.value)
