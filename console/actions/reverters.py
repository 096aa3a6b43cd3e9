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
_INSTANCE = "app.kubernetes.io/instance"
"""What Argo CD tracked by before it had an annotation of its own. Helm charts set it too: alone it says nothing."""
_SCALED_BY = "scaledobject.keda.sh/name"
_LEFT_ALONE = {_FLUX_KUSTOMIZE + "reconcile": ("disabled",), _FLUX_KUSTOMIZE + "ssa": ("ignore", "ifnotpresent")}
"""Marks by which Flux does not apply an object that is there."""
_BUILT_IN = frozenset(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Node", "Pod"))
_HANDS = (
    ("kustomize-controller", "Flux"),
    ("keda", "KEDA"),
    ("vpa", "a VerticalPodAutoscaler"),
    ("cluster-autoscaler", "the cluster autoscaler"),
    ("karpenter", "Karpenter"),
    ("rancher", "Rancher"),
    ("crossplane", "Crossplane"),
    ("configsync", "Config Sync"),
)
"""How field managers begin. KEDA's operator is a program called `keda`; Argo CD, Flux Helm and the HPA are below."""
_ARGO_HAND = "argocd-"
"""`argocd-controller`, or `argocd-application-controller` where it replaced the object."""
_ARGO_PAUSE = (
    "Turn off automated sync of that Application (spec.syncPolicy.automated); an ApplicationSet or the Application "
    "above it may turn it on again."
)
_FLUX_HELM_PAUSE = "Set spec.suspend: true on it. It reverts with drift detection on, or at its next upgrade."
_HPA_PAUSE = "At zero replicas it stops by itself, unless its minReplicas is 0."


class Reverter(msgspec.Struct, frozen=True):
    """Something that will probably undo the change."""

    name: str
    """`Argo CD`, `Flux`, `KEDA` …"""
    why: str
    """The mark it was seen by."""
    pause: str
    """How to make it stop first."""
    word: str = "will"
    """`will`, or `may` where that depends on how it is set up."""

    def __str__(self) -> str:
        return f"{self.name} {self.word} put this back ({self.why}). {self.pause}"


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

    A HorizontalPodAutoscaler stops at zero replicas by itself (`ScalingDisabled`), unless it may scale from zero or
    KEDA made it: then the ScaledObject behind it is named, also where ScaledObjects themselves cannot be read.
    """
    mine = [obj for obj in objs if _aims_at(obj, kind, name)]
    shown = {_meta(obj).get("name") for obj in mine if obj.get("kind") == "ScaledObject"}
    lines = []
    for obj in mine:
        if obj.get("kind") == "ScaledObject":
            lines.append(_keda_line(_called(obj), _meta(obj).get("annotations") or {}))
        elif obj.get("kind") == "HorizontalPodAutoscaler":
            behind = _scaled_object(obj)
            if not behind:
                lines.append(_hpa_line(obj))
            elif behind not in shown:
                space = _meta(obj).get("namespace", "")
                lines.append(_keda_line(f"ScaledObject {space}/{behind} (behind {_called(obj)})", {}))
    return tuple(lines)


def _called(obj: Mapping[str, Any]) -> str:
    return f"{obj.get('kind')} {_meta(obj).get('namespace', '')}/{_meta(obj).get('name', '')}"


def _hpa_line(obj: Mapping[str, Any]) -> str:
    if (obj.get("spec") or {}).get("minReplicas") == 0:
        return f"{_called(obj)} may scale it from zero. Delete it or raise its minReplicas first."
    return f"{_called(obj)} leaves it at zero (ScalingDisabled) and takes over when it is scaled up."


def _scaled_object(hpa: Mapping[str, Any]) -> str:
    """The ScaledObject an autoscaler was made for, "" when KEDA did not make it."""
    for owner in _meta(hpa).get("ownerReferences") or ():
        if owner.get("kind") == "ScaledObject" and str(owner.get("apiVersion", "")).startswith("keda.sh/"):
            return str(owner.get("name", ""))
    labels = _meta(hpa).get("labels") or {}
    if labels.get("app.kubernetes.io/managed-by") == "keda-operator":
        return str(labels.get(_SCALED_BY) or labels.get("app.kubernetes.io/part-of") or "")
    return ""


def _keda_line(called: str, notes: Mapping[str, str]) -> str:
    held, paused = notes.get("autoscaling.keda.sh/paused-replicas"), notes.get("autoscaling.keda.sh/paused")
    if held == "0":
        return f"KEDA {called} is paused at 0 replicas and leaves it there while that annotation stays."
    if held is not None:
        return f'KEDA {called} is paused at {held} replicas and scales it there. Set paused-replicas to "0" first.'
    if paused is not None and paused.lower() not in ("false", "f", "0"):
        return f"KEDA {called} is paused and leaves it at zero while that annotation stays."
    return (
        f"KEDA {called} will scale it up again. Pause it first: annotate it "
        'autoscaling.keda.sh/paused="true" and autoscaling.keda.sh/paused-replicas="0".'
    )


def _aims_at(obj: Mapping[str, Any], kind: str, name: str) -> bool:
    aim = (obj.get("spec") or {}).get("scaleTargetRef") or {}
    return aim.get("name") == name and (aim.get("kind") or "Deployment") == kind


def _meta(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    return obj.get("metadata") or {}


def _gitops(obj: Mapping[str, Any]) -> list[Reverter]:
    meta = _meta(obj)
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    found = []
    if application := _application(meta, marks):
        found.append(Reverter("Argo CD", application, _ARGO_PAUSE))
    if (name := marks.get(_FLUX_KUSTOMIZE + "name")) and not _left_alone(marks):
        space = marks.get(_FLUX_KUSTOMIZE + "namespace", "")
        found.append(
            Reverter("Flux", f"Kustomization {space}/{name}", "Set spec.suspend: true on it, and on its parent.")
        )
    if name := marks.get(_FLUX_HELM + "name"):
        space = marks.get(_FLUX_HELM + "namespace", "")
        found.append(Reverter("Flux Helm", f"HelmRelease {space}/{name}", _FLUX_HELM_PAUSE, "may"))
    if marks.get("configmanagement.gke.io/managed") == "enabled":
        found.append(
            Reverter("Config Sync", "configmanagement.gke.io/managed=enabled", "Stop its RootSync or RepoSync.")
        )
    if marks.get("addonmanager.kubernetes.io/mode") == "Reconcile":
        found.append(
            Reverter(
                "the addon manager", "addonmanager.kubernetes.io/mode=Reconcile", "Change its manifest on the host."
            )
        )
    return found


def _application(meta: Mapping[str, Any], marks: Mapping[str, str]) -> str:
    """The Argo CD Application of an object in words, "" for none: its own mark, else its hand on the object."""
    if tracked := marks.get(_ARGO + "tracking-id") or marks.get(_ARGO + "instance"):
        return f"application {tracked.split(':')[0]}"
    hand = next((one for one in _hands_of(meta) if one[0].startswith(_ARGO_HAND) and one[1] != "status"), None)
    if hand is None:
        return ""
    instance = marks.get(_INSTANCE)
    return f"field manager {hand[0]}" + (f", application {instance}" if instance else "")


def _left_alone(marks: Mapping[str, str]) -> bool:
    return any(marks.get(key, "").lower() in values for key, values in _LEFT_ALONE.items())


def _hands_of(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Field manager and subresource of each entry."""
    entries = meta.get("managedFields") or ()
    return [(str(entry.get("manager", "")), str(entry.get("subresource", ""))) for entry in entries]


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
    """Hands on the object that are not its makers' marks. One that wrote a status only reverts nothing."""
    meta = _meta(obj)
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    found = []
    for manager, subresource in _hands_of(meta):
        why = f"field manager {manager}"
        name = next((words for mark, words in _HANDS if manager.startswith(mark)), "")
        if subresource == "status" or (name == "Flux" and _left_alone(marks)):
            continue
        if name:
            found.append(Reverter(name, why, "Pause it first, or expect drift."))
        elif manager.startswith("helm-controller"):
            found.append(Reverter("Flux Helm", why, _FLUX_HELM_PAUSE, "may"))
        elif manager == "kube-controller-manager" and subresource == "scale":
            # No other controller of the manager writes through scale than the autoscaler.
            found.append(Reverter("a HorizontalPodAutoscaler", f"{why} through scale", _HPA_PAUSE, "may"))
    return found
