"""Pod Security as judged here and by a real API server's own admission: they must agree on every generated pod."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from console.policy.podsecurity.control import BASELINE, RESTRICTED
from console.policy.podsecurity.judging import CONTROLS, breaches, minor_of
from console.policy.podsecurity.surface import Surface
from console.ports.cluster import Request
from tests.cluster.acting import Acting
from tests.controlplane import ControlPlane

PODS = 150
VERSIONS = ("v1.7", "v1.18", "v1.21", "v1.22", "v1.24", "v1.26", "v1.28", "v1.30", "v1.31", "v1.33", "v1.34", "v1.36")
REASONS = {
    "forbidden AppArmor profile": "appArmorProfile",
    "non-default capabilities": "capabilities_baseline",
    "host namespaces": "hostNamespaces",
    "hostPath volumes": "hostPathVolumes",
    "hostPort": "hostPorts",
    "probe or lifecycle host": "hostProbesAndHostLifecycle",
    "privileged": "privileged",
    "procMount": "procMount",
    "seLinuxOptions": "seLinuxOptions",
    "seccompProfile": "seccompProfile",
    "forbidden sysctls": "sysctls",
    "hostProcess": "windowsHostProcess",
    "allowPrivilegeEscalation != false": "allowPrivilegeEscalation",
    "unrestricted capabilities": "capabilities_restricted",
    "restricted volume types": "restrictedVolumes",
    "runAsNonRoot != true": "runAsNonRoot",
    "runAsUser=0": "runAsUser",
}
"""What the admission writes, and the control it means; one word stands for both levels of procMount and seccomp."""
TWINS = {
    "procMount_restricted": "procMount",
    "seccompProfile_baseline": "seccompProfile",
    "seccompProfile_restricted": "seccompProfile",
}
CAPABILITIES = ("NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN", "CHOWN", "NET_ADMIN", "ALL")
SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "kernel.msgmax",
)
VOLUMES: tuple[dict[str, Any], ...] = (
    {"emptyDir": {}},
    {},
    {"configMap": {"name": "c"}},
    {"image": {"reference": "registry.invalid/data:1"}},
    {"csi": {"driver": "csi.invalid"}},
    {"projected": {"sources": [{"configMap": {"name": "c"}}]}},
    {"hostPath": {"path": "/var/run"}},
    {"nfs": {"server": "192.0.2.1", "path": "/"}},
    {"iscsi": {"targetPortal": "192.0.2.1", "iqn": "iqn.2001-04.invalid:disk", "lun": 0}},
)


class Chance:
    """Makes one pod of many; nothing of it is impossible, most of it is clean."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)
        self._strict = number % 3 > 0
        """Two of three begin as the restricted level wants them."""

    def rarely(self) -> bool:
        return self._random.random() < 0.06

    def one(self, *values: Any) -> Any:
        return self._random.choice(values)

    def pod(self) -> dict[str, Any]:
        return self.windows() if self._random.random() < 0.04 else self.linux()

    def windows(self) -> dict[str, Any]:
        host = self.one(True, False)
        spec = {
            "os": {"name": "windows"},
            "hostNetwork": host,
            "securityContext": {"runAsNonRoot": True, "windowsOptions": {"hostProcess": host}},
            "containers": [{"name": "main", "image": "registry.invalid/app:1"}],
        }
        return {"metadata": {"annotations": {}}, "spec": spec}

    def linux(self) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "containers": [self.container("main"), *([self.container("side")] if self.rarely() else [])],
            "securityContext": self.security(),
        }
        if self.rarely():
            spec["initContainers"] = [self.container("first")]
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            if self._random.random() < 0.03:
                spec[name] = True
        if self.rarely() and not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys():
            spec["hostUsers"] = self.one(False, True)
        if self.one(True, False):
            spec["volumes"] = [{"name": "v", **(self.one(*VOLUMES) if self.rarely() else self.one(*VOLUMES[:6]))}]
        if self.rarely():
            spec["securityContext"]["sysctls"] = [{"name": self.one(*SYSCTLS), "value": "1"}]
        return {"metadata": {"annotations": self.annotations()}, "spec": spec}

    def annotations(self) -> dict[str, str]:
        found = {}
        if self.rarely():
            name = self.one("pod", "main")
            key = (
                "seccomp.security.alpha.kubernetes.io/pod"
                if name == "pod"
                else f"container.seccomp.security.alpha.kubernetes.io/{name}"
            )
            found[key] = self.one("runtime/default", "unconfined", "localhost/a", "docker/default")
        if self.rarely():
            found["container.apparmor.security.beta.kubernetes.io/main"] = self.one("runtime/default", "unconfined")
        return found

    def security(self) -> dict[str, Any]:
        """What a pod and a container can both say."""
        found: dict[str, Any] = {}
        if self._strict:
            found = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        if self.rarely():
            found["runAsNonRoot"] = self.one(True, False)
        if self.rarely():
            found["runAsUser"] = self.one(0, 1000)
        if self.rarely():
            found["seccompProfile"] = self.one({"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "a"})
        if self.rarely():
            found["appArmorProfile"] = {"type": self.one("RuntimeDefault", "Unconfined")}
        if self.rarely():
            found["seLinuxOptions"] = self.one(
                {"type": "container_t"},
                {"type": "container_engine_t"},
                {"type": "spc_t"},
                {"user": "u"},
                {"role": "r"},
                {},
            )
        return found

    def container(self, name: str) -> dict[str, Any]:
        security = self.security()
        found: dict[str, Any] = {"name": name, "image": "registry.invalid/app:1", "securityContext": security}
        if self._strict:
            security |= {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        if self.rarely():
            security["capabilities"] = {"add": [self.one(*CAPABILITIES)], "drop": self.one(["ALL"], ["NET_RAW"], [])}
        if self.rarely():
            security["privileged"] = self.one(False, True)
            security.pop("allowPrivilegeEscalation", None)
        if self.rarely():
            security["procMount"] = self.one("Default", "Unmasked")
        if self.rarely():
            found["ports"] = [{"containerPort": self._random.randrange(1024, 65000), **self.one({}, {"hostPort": 0})}]
        if self.rarely():
            port = self._random.randrange(1024, 65000)
            found["ports"] = [{"containerPort": port, "hostPort": port}]
        if self.rarely() and name != "first":
            found["livenessProbe"] = {"tcpSocket": {"port": 80, **self.one({}, {"host": "192.0.2.7"})}}
        if self.rarely() and name != "first":
            found["lifecycle"] = {"preStop": {"httpGet": {"port": 80, **self.one({}, {"host": "192.0.2.7"})}}}
        return found


def place(namespace: str, version: str) -> str:
    return f"{namespace}-{version.replace('.', '-')}"


def labelled(namespace: str, standard: str, version: str, mode: str = "enforce") -> dict[str, Any]:
    label = f"pod-security.kubernetes.io/{mode}"
    labels = {label: standard, f"{label}-version": version}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place(namespace, version), "labels": labels}}


def named(pod: dict[str, Any], name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **pod["metadata"]}, "spec": pod["spec"]}


async def refused_for(acting: Acting, namespace: str, pod: dict[str, Any]) -> set[str] | None:
    """Controls the real admission names, none if it lets the pod in; None for a pod that is not valid at all."""
    body = json.dumps(named(pod, "tried")).encode()
    path = f"/api/v1/namespaces/{namespace}/pods"
    reply = await acting.case.cluster.send(Request("POST", path, (("dryRun", "All"),), body))
    if reply.status == 201:
        return set()
    text = reply.json()["message"]
    if reply.status == 422:
        return None
    assert reply.status == 403, text
    assert "violates PodSecurity" in text
    return named_in(text)


def named_in(text: str) -> set[str]:
    found = {control for words, control in REASONS.items() if re.search(rf"(?:: |, ){re.escape(words)}s? \(", text)}
    assert found, text
    return found


async def warned_of(acting: Acting, namespace: str, kind: str, pod: dict[str, Any]) -> set[str] | None:
    """Controls the real admission warns of in a workload; None for one that is not valid at all."""
    labels = {"labels": {"app": "tried"}}
    template = {"metadata": pod["metadata"] | labels, "spec": pod["spec"]}
    group, plural, spec = {
        "Deployment": ("apps", "deployments", {"selector": {"matchLabels": labels["labels"]}, "template": template}),
        "CronJob": ("batch", "cronjobs", {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}),
    }[kind]
    body = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "tried"}, "spec": spec}
    path = f"/apis/{group}/v1/namespaces/{namespace}/{plural}"
    reply = await acting.case.cluster.send(Request("POST", path, (("dryRun", "All"),), json.dumps(body).encode()))
    if reply.status == 422:
        return None
    assert reply.status == 201, reply.body
    text = reply.headers.get("warning", "")
    return named_in(text) if "PodSecurity" in text else set()


def judged(pod: dict[str, Any], version: str, standard: str, *, template: bool = False) -> set[str]:
    found = breaches(Surface(pod["metadata"], pod["spec"], template=template), minor_of(version), standard)
    return {TWINS.get(one.control, one.control) for one in found}


@pytest.mark.parametrize("standard", [BASELINE, RESTRICTED])
async def test_the_real_admission_and_ours_agree_on_every_generated_pod(
    acting: Acting, controlplane: ControlPlane, namespace: str, standard: str
) -> None:
    judgements = {"clean": 0, "refused": 0, "invalid": 0}
    controls: set[str] = set()
    controlplane.apply(*(labelled(namespace, standard, version) for version in VERSIONS))
    for step, version in enumerate(VERSIONS):
        for number in range(step * PODS, (step + 1) * PODS):
            pod = Chance(number).pod()
            theirs = await refused_for(acting, place(namespace, version), pod)
            if theirs is None:
                judgements["invalid"] += 1
                continue
            assert theirs == judged(pod, version, standard), (number, version, json.dumps(pod))
            judgements["refused" if theirs else "clean"] += 1
            controls |= theirs

    controlplane.kubectl("delete", "--wait=false", "namespace", *(place(namespace, version) for version in VERSIONS))
    assert min(judgements["clean"], judgements["refused"]) > PODS, judgements
    assert judgements["invalid"] < PODS, judgements
    asked = [one for one in CONTROLS if standard == RESTRICTED or one.standard == BASELINE]
    level = {TWINS.get(one.id, one.id) for one in asked} - {one.replaces for one in asked if 0 in one.looks}
    assert level == controls, "a control that no generated pod breaks is not compared"


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
async def test_of_a_workload_the_real_admission_warns_as_we_do(
    acting: Acting, controlplane: ControlPlane, namespace: str, kind: str
) -> None:
    version, ways = "v1.36", {"Deployment": "Always", "CronJob": "OnFailure"}
    controlplane.apply(labelled(namespace, RESTRICTED, version, mode="warn"))
    judgements = 0
    for number in range(PODS):
        pod = Chance(number).pod()
        pod["spec"]["restartPolicy"] = ways[kind]
        if number % 4 == 0:
            pod["spec"] |= {"hostNetwork": True}
            pod["spec"].pop("hostUsers", None)
            pod["spec"]["containers"][0]["ports"] = [{"containerPort": 8080}]
        theirs = await warned_of(acting, place(namespace, version), kind, pod)
        if theirs is not None:
            assert theirs == judged(pod, version, RESTRICTED, template=True), (number, json.dumps(pod))
            judgements += 1

    controlplane.kubectl("delete", "--wait=false", "namespace", place(namespace, version))
    assert judgements > PODS // 2
