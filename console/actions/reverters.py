"""Who will put back what an action changes: GitOps, autoscalers, operators, seen in an object's own marks.

In: objects as the API returns them (the target and its owners, nearest first). Out: lines for `Plan.reverters`, each
with the way to pause that reverter. Pure. Marks are text an attacker may have written: a reverter named here is a
warning, never a reason to act on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_ARGO = "argocd.argoproj.io/"
_FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io/"
_FLUX_HELM = "helm.toolkit.fluxcd.io/"
_BUILT_IN = frozenset(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Node", "Pod"))
_HANDS = (
    ("argocd", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux Helm"),
    ("keda-operator", "KEDA"),
    ("horizontal-pod-autoscaler", "a HorizontalPodAutoscaler"),
    ("vpa", "a VerticalPodAutoscaler"),
    ("cluster-autoscaler", "the cluster autoscaler"),
    ("karpenter", "Karpenter"),
    ("rancher", "Rancher"),
    ("crossplane", "Crossplane"),
    ("config-sync", "Config Sync"),
)


class Reverter(msgspec.Struct, frozen=True):
    """Something that will probably undo the change."""

    name: str
    """`Argo CD`, `Flux`, `KEDA` …"""
    why: str
    """The mark it was seen by."""
    pause: str
    """How to make it stop first."""

    def __str__(self) -> str:
        return f"{self.name} will put this back ({self.why}). {self.pause}"


def reverters(objs: Sequence[Mapping[str, Any]]) -> tuple[Reverter, ...]:
    """Every reverter seen on the objects (target first, then its owners), each named once."""
    found: dict[str, Reverter] = {}
    for obj in objs:
        for reverter in (*_gitops(obj), *_operators(obj), *_managers(obj)):
            found.setdefault(reverter.name, reverter)
    return tuple(found.values())


def reverter_lines(objs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """`reverters` in words."""
    return tuple(str(reverter) for reverter in reverters(objs))


def scaler_lines(objs: Sequence[Mapping[str, Any]], kind: str, name: str) -> tuple[str, ...]:
    """Autoscalers and ScaledObjects among `objs` that aim at this workload.

    A HorizontalPodAutoscaler stops at zero replicas by itself (`ScalingDisabled`), unless it may scale from zero.
    """
    lines = []
    for obj in objs:
        if not _aims_at(obj, kind, name):
            continue
        called = f"{obj.get('kind')} {_meta(obj).get('namespace', '')}/{_meta(obj).get('name', '')}"
        if obj.get("kind") == "ScaledObject":
            lines.append(
                f"KEDA {called} will scale it up again. Pause it first: annotate it "
                'autoscaling.keda.sh/paused="true" and autoscaling.keda.sh/paused-replicas="0".'
            )
        elif obj.get("kind") == "HorizontalPodAutoscaler":
            if (obj.get("spec") or {}).get("minReplicas") == 0:
                lines.append(f"{called} may scale it from zero. Delete it or raise its minReplicas first.")
            else:
                lines.append(f"{called} leaves it at zero (ScalingDisabled) and takes over when it is scaled up.")
    return tuple(lines)


def _aims_at(obj: Mapping[str, Any], kind: str, name: str) -> bool:
    aim = (obj.get("spec") or {}).get("scaleTargetRef") or {}
    return aim.get("name") == name and (aim.get("kind") or "Deployment") == kind


def _meta(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    return obj.get("metadata") or {}


def _gitops(obj: Mapping[str, Any]) -> list[Reverter]:
    meta = _meta(obj)
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    found = []
    if tracked := marks.get(_ARGO + "tracking-id") or marks.get(_ARGO + "instance"):
        pause = "Turn off automated sync of that Application (an ApplicationSet may turn it on again)."
        found.append(Reverter("Argo CD", f"application {tracked.split(':')[0]}", pause))
    if name := marks.get(_FLUX_KUSTOMIZE + "name"):
        space = marks.get(_FLUX_KUSTOMIZE + "namespace", "")
        found.append(
            Reverter("Flux", f"Kustomization {space}/{name}", "Set spec.suspend: true on it, and on its parent.")
        )
    if name := marks.get(_FLUX_HELM + "name"):
        space = marks.get(_FLUX_HELM + "namespace", "")
        found.append(
            Reverter("Flux Helm", f"HelmRelease {space}/{name}", "Set spec.suspend: true on it (drift detection).")
        )
    if marks.get("addonmanager.kubernetes.io/mode") == "Reconcile":
        found.append(
            Reverter(
                "the addon manager", "addonmanager.kubernetes.io/mode=Reconcile", "Change its manifest on the host."
            )
        )
    return found


def _operators(obj: Mapping[str, Any]) -> list[Reverter]:
    owners = [owner for owner in _meta(obj).get("ownerReferences") or () if owner.get("controller")]
    return [
        Reverter(
            f"the operator of {owner.get('kind')} {owner.get('name')}",
            f"it is the controller ({owner.get('apiVersion')})",
            "Pause that resource or stop its operator first.",
        )
        for owner in owners
        if owner.get("kind") not in _BUILT_IN
    ]


def helm_line(obj: Mapping[str, Any]) -> str:
    """Helm reverts nothing by itself: a line for the plan's warnings, "" when it is not a release's object."""
    meta = _meta(obj)
    if (meta.get("labels") or {}).get("app.kubernetes.io/managed-by") != "Helm":
        return ""
    release = (meta.get("annotations") or {}).get("meta.helm.sh/release-name", "a release")
    return f"Helm release {release}: nothing reverts this until somebody upgrades it"


def _managers(obj: Mapping[str, Any]) -> list[Reverter]:
    found = []
    for entry in _meta(obj).get("managedFields") or ():
        manager = str(entry.get("manager", ""))
        name = next((words for mark, words in _HANDS if manager.startswith(mark)), "")
        # The autoscaler owns the replicas of a workload it scales; as a writer of a status it reverts nothing.
        if name and not entry.get("subresource", "").startswith("status"):
            found.append(Reverter(name, f"field manager {manager}", "Pause it first, or expect drift."))
    return found
