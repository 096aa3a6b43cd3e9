"""Who puts back what is changed, read from objects as Argo CD, Flux, KEDA and the autoscaler leave them behind."""

from __future__ import annotations

from typing import Any

import pytest

from console.actions.reverters import reverters, scaler_lines


def entry(manager: str, operation: str = "Update", subresource: str = "") -> dict[str, Any]:
    """A managedFields entry as the API server writes it."""
    found: dict[str, Any] = {
        "manager": manager,
        "operation": operation,
        "apiVersion": "apps/v1",
        "time": "2026-11-23T07:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    return found | ({"subresource": subresource} if subresource else {})


STATUS = entry("kube-controller-manager", subresource="status")


def deployment(*managed: dict[str, Any], labels: Any = None, annotations: Any = None) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "web", **(labels or {})},
            "annotations": {"deployment.kubernetes.io/revision": "3", **(annotations or {})},
            "managedFields": [*managed, STATUS],
        },
        "spec": {"replicas": 2},
    }


KUSTOMIZED = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
RELEASED = {
    "app.kubernetes.io/managed-by": "Helm",
    "helm.toolkit.fluxcd.io/name": "web",
    "helm.toolkit.fluxcd.io/namespace": "shop",
}
TRACKED = {"argocd.argoproj.io/tracking-id": "storefront:apps/Deployment:shop/web"}
ARGO, FLUX = entry("argocd-controller", "Apply"), entry("kustomize-controller", "Apply")


@pytest.mark.parametrize(
    ("obj", "line"),
    [
        (deployment(ARGO, annotations=TRACKED), "Argo CD will put this back (application storefront)"),
        (
            deployment(
                ARGO, annotations={"argocd.argoproj.io/tracking-id": "team_storefront:apps/Deployment:shop/web"}
            ),
            "Argo CD will put this back (application team_storefront)",
        ),
        (
            deployment(entry("argocd-controller"), labels={"app.kubernetes.io/instance": "storefront"}),
            "Argo CD will put this back (field manager argocd-controller, application storefront)",
        ),
        (
            deployment(entry("argocd-application-controller")),
            "Argo CD will put this back (field manager argocd-application-controller)",
        ),
        (
            deployment(labels={"argocd.argoproj.io/instance": "storefront"}),
            "Argo CD will put this back (application storefront)",
        ),
        (deployment(FLUX, labels=KUSTOMIZED), "Flux will put this back (Kustomization flux-system/apps)"),
        (deployment(entry("helm-controller"), labels=RELEASED), "Flux Helm may put this back (HelmRelease shop/web)"),
        (deployment(entry("keda", subresource="scale")), "KEDA will put this back (field manager keda)"),
        (
            deployment(entry("kubectl-client-side-apply"), entry("kube-controller-manager", subresource="scale")),
            "a HorizontalPodAutoscaler may put this back (field manager kube-controller-manager through scale)",
        ),
    ],
)
def test_each_project_is_known_by_the_marks_it_leaves_and_named_once(obj: dict[str, Any], line: str) -> None:
    (one,) = reverters([obj])
    assert str(one).startswith(line)


@pytest.mark.parametrize(
    "obj",
    [
        deployment(entry("kubectl-client-side-apply")),
        deployment(entry("helm"), labels={"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "web"}),
        deployment(entry("kubectl", subresource="scale"), entry("kubectl-rollout")),
        deployment(entry("kube-controller-manager")),
        deployment(FLUX, labels=KUSTOMIZED, annotations={"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}),
        deployment(FLUX, labels=KUSTOMIZED, annotations={"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
        deployment(FLUX, labels=KUSTOMIZED, annotations={"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}),
    ],
)
def test_a_hand_that_does_not_come_back_is_no_reverter(obj: dict[str, Any]) -> None:
    """People, plain Helm, the deployment controller, and what Flux was told to leave alone."""
    assert reverters([obj]) == ()


def scaled(**notes: str) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"scaledobject.keda.sh/name": "web"},
            "annotations": {f"autoscaling.keda.sh/{key.replace('_', '-')}": value for key, value in notes.items()},
        },
        "spec": {"scaleTargetRef": {"name": "web"}, "minReplicaCount": 0, "triggers": [{"type": "kafka"}]},
    }


MADE_BY_KEDA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {
        "name": "keda-hpa-web",
        "namespace": "shop",
        "labels": {
            "app.kubernetes.io/managed-by": "keda-operator",
            "app.kubernetes.io/part-of": "web",
            "scaledobject.keda.sh/name": "web",
        },
        "ownerReferences": [
            {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "web", "uid": "s1", "controller": True}
        ],
    },
    "spec": {"minReplicas": 1, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
}


def test_an_autoscaler_keda_made_is_no_comfort_even_where_scaled_objects_cannot_be_read() -> None:
    (line,) = scaler_lines([MADE_BY_KEDA], "Deployment", "web")
    assert line.startswith(
        "KEDA ScaledObject shop/web (behind HorizontalPodAutoscaler shop/keda-hpa-web) will scale it"
    )
    bare = {**MADE_BY_KEDA, "metadata": {**MADE_BY_KEDA["metadata"], "ownerReferences": None}}  # type: ignore[dict-item]
    assert scaler_lines([bare], "Deployment", "web") == (line,)


def test_a_scaled_object_and_the_autoscaler_behind_it_are_one_line() -> None:
    (line,) = scaler_lines([MADE_BY_KEDA, scaled()], "Deployment", "web")
    assert line.startswith("KEDA ScaledObject shop/web will scale it up again. Pause it first")


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ({"paused_replicas": "0"}, "is paused at 0 replicas and leaves it there"),
        ({"paused": "true", "paused_replicas": "0"}, "is paused at 0 replicas"),
        ({"paused": "true"}, "is paused and leaves it at zero"),
        ({"paused_replicas": "3"}, 'is paused at 3 replicas and scales it there. Set paused-replicas to "0" first.'),
        ({"paused": "false"}, "will scale it up again"),
        ({}, "will scale it up again"),
    ],
)
def test_a_pause_that_stands_already_is_told_as_it_is(notes: dict[str, str], words: str) -> None:
    (line,) = scaler_lines([scaled(**notes)], "Deployment", "web")
    assert words in line


def test_a_scaled_object_without_a_kind_aims_at_a_deployment() -> None:
    assert len(scaler_lines([scaled()], "Deployment", "web")) == 1
    assert scaler_lines([scaled()], "StatefulSet", "web") == ()
