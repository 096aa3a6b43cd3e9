"""Subresources that make something else than the object: tokens, approvals, bindings, evictions, the kubelet proxy."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from console.drill.audit import Entry
from console.drill.resources import Address, Body
from console.drill.selectors import labels_of, matches
from console.drill.statuses import Failure, bad_request, method_not_allowed, not_found, not_played
from console.drill.store import Store
from console.drill.times import seconds
from console.drill.writes import Options, Writes

_ISSUER = "https://kubernetes.default.svc"
_HEADER = {"alg": "RS256", "kid": "drill"}


class Subresources:
    """Answers writes to token, approval, binding and eviction, and any request to a node's proxy."""

    def __init__(self, store: Store, writes: Writes, now: Callable[[], float]) -> None:
        self._store = store
        self._writes = writes
        self._now = now

    def write(self, entry: Entry, at: Address, body: Body, options: Options) -> tuple[int, Any]:
        """POST, PUT or PATCH of a subresource. Raises `Failure`."""
        if at.sub == "token":
            return self._token(entry, at, body)
        if at.sub == "binding":
            self._writes.bind(at, body["target"]["name"], options)
            return 201, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        if at.sub == "approval" and entry.verb in ("update", "patch"):
            return 200, self._approve(entry, at, body, options)
        if at.sub == "eviction":
            return 201, self._evict(at, body, options)
        if at.sub == "log":
            raise method_not_allowed()
        raise not_played(at.named)

    def proxy(self, at: Address) -> tuple[int, Any]:
        """A request to a kubelet through the API server: the pods of the node, nothing else."""
        if self._store.get(at.kind.kind, at.namespace, at.name) is None:
            raise not_found(at.kind, at.name)
        pods = [pod for pod in self._store.all("Pod") if pod["spec"].get("nodeName") == at.name]
        return 200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods}

    def _token(self, entry: Entry, at: Address, body: Body) -> tuple[int, Any]:
        account = self._store.get("ServiceAccount", at.namespace, at.name)
        if account is None:
            raise not_found(at.kind, at.name)
        lives = int((body.get("spec") or {}).get("expirationSeconds") or 3600)
        now, jti = self._now(), self._writes.uid()
        entry.notes["authentication.kubernetes.io/issued-credential-id"] = f"JTI={jti}"
        claims = {
            "iss": _ISSUER,
            "sub": f"system:serviceaccount:{at.namespace}:{at.name}",
            "jti": jti,
            "exp": int(now + lives),
        }
        metadata = {key: account["metadata"][key] for key in ("name", "namespace", "uid")}
        return 201, {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {**metadata, "creationTimestamp": seconds(now)},
            "spec": {"audiences": [_ISSUER], "expirationSeconds": lives, "boundObjectRef": None},
            "status": {"token": jwt(claims), "expirationTimestamp": seconds(now + lives)},
        }

    def _evict(self, at: Address, body: Body, options: Options) -> Body:
        """Delete a pod, unless a disruption budget says no."""
        if (body.get("metadata") or {}).get("name") != at.name:
            raise bad_request("name in URL does not match name in Eviction object")
        pod = self._store.get("Pod", at.namespace, at.name)
        if pod is None:
            raise not_found(at.kind, at.name)
        for budget in self._store.all("PodDisruptionBudget", at.namespace):
            if not matches(budget["spec"].get("selector"), labels_of(pod)):
                continue
            status, name = budget.get("status") or {}, budget["metadata"]["name"]
            if status.get("disruptionsAllowed", 0) < 1:
                raise _too_early(name, status)
        plain = Address(at.kind, at.namespace, at.name)
        self._writes.delete(plain, body.get("deleteOptions") or {}, options)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _approve(self, entry: Entry, at: Address, body: Body, options: Options) -> Body:
        status = Address(at.kind, at.namespace, at.name, "status")
        if entry.verb == "update":
            return self._writes.replace(entry.caller, status, body, options)
        return self._writes.patch(entry.caller, status, "application/merge-patch+json", body, options)


def _too_early(name: str, status: Body) -> Failure:
    text = "Cannot evict pod as it would violate the pod's disruption budget."
    needs, has = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    why = f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
    return Failure(429, "TooManyRequests", text, {"causes": [{"reason": "DisruptionBudget", "message": why}]})


def jwt(claims: Body) -> str:
    """A token in the shape of a real one; its signature is nothing."""
    parts = (msgspec.json.encode(_HEADER), msgspec.json.encode(claims), b"this signature is worth nothing")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
