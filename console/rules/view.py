"""One event as rules see it: its own fields, and derived ones computed when a rule first asks.

`data/README.md` is the reference of the fields. The cells choose candidate rules for every event (see `compiling`);
everything else is lazy. No field raises, whatever the event holds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar, overload
from urllib.parse import parse_qs, unquote

from console.model.audit import AuditEvent, AuditUser, ObjectReference
from console.model.glimpse import DECISION, Glimpse
from console.rules.baseline import NOTHING
from console.rules.bodies import answer_of, body_of, patch_paths_of, readable
from console.rules.callers import account_of, extra
from console.rules.podspecs import pod_of
from console.rules.rights import rights_of

T = TypeVar("T")
Cells = tuple[str, str, str, str, str, str, bool]
"""verb, resource, subresource, kind of caller, outcome, tool, impersonating: what candidates are chosen by."""

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_NO_REFERENCE = ObjectReference()
_NO_USER = AuditUser()
_OWN_WORK = {
    "replicaset-controller": ("ReplicaSet", "replicasets"),
    "replication-controller": ("ReplicationController", "replicationcontrollers"),
    "daemon-set-controller": ("DaemonSet", "daemonsets"),
    "statefulset-controller": ("StatefulSet", "statefulsets"),
    "job-controller": ("Job", "jobs"),
    "cronjob-controller": ("CronJob", "cronjobs"),
    "deployment-controller": ("Deployment", "deployments"),
}
"""Controller account and the kind of owner on whose behalf it makes objects."""
_STATIC = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kube-proxy")
_INSTALLERS = frozenset({"kubernetes-super-admin", "kubernetes-admin"})
_INSTALLED = frozenset({"kube-proxy", "coredns", "system:coredns", "kube-dns", "kubelet-config", "cluster-info"})
_ADDRESS = 64
"""Characters of an address that is remembered: all that have no zone are shorter."""


class _Lazy(Generic[T]):
    """A field computed once; afterwards the instance's own attribute hides this descriptor."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, view: None, owner: Any) -> _Lazy[T]: ...
    @overload
    def __get__(self, view: View, owner: Any) -> T: ...
    def __get__(self, view: View | None, owner: Any) -> T | _Lazy[T]:
        if view is None:
            return self
        value = view.__dict__[self._name] = self._compute(view)
        return value


def outcome_of(event: AuditEvent | Glimpse) -> str:
    """`ok`, `rehearsed` (dry-run), `denied`, `unauthenticated`, `failed`, or `pending` before there is an answer."""
    if event.stage == "RequestReceived":
        return "pending"
    status = event.response_status
    code = status.code if status is not None else 0
    if code >= 400:
        return "denied" if code == 403 else "unauthenticated" if code == 401 else "failed"
    if event.annotations is not None and event.annotations.get(DECISION) == "forbid":
        return "denied"
    if event.verb in _WRITES and "dryRun=" in event.request_uri:
        return "rehearsed"
    return "ok"


class View:
    """One event, its fields by need."""

    def __init__(self, event: AuditEvent, cells: Cells) -> None:
        self.event = event
        self.cells = cells
        self.reference = event.object_ref or _NO_REFERENCE
        self.acting = event.impersonated_user or _NO_USER
        self.news = NOTHING
        """What of it is seen for the first time; whoever keeps a baseline says so."""

    @_Lazy
    def body(self) -> dict[str, Any]:
        """What was sent (patches in the object's shape), else what came back from a creation."""
        return body_of(self.event)

    @_Lazy
    def answer(self) -> dict[str, Any]:
        return answer_of(self.event)

    @_Lazy
    def pod(self) -> dict[str, Any]:
        return pod_of(self.body)

    @_Lazy
    def rights(self) -> list[str]:
        return rights_of(self.body)

    @_Lazy
    def name(self) -> str:
        """Name of the target: from the URL, else from the body, else its generated prefix with a star."""
        if self.reference.name:
            return self.reference.name
        if self.event.verb != "create":
            return ""
        for body in (self.answer, self.body):
            metadata = body.get("metadata")
            if isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"]:
                return str(metadata["name"])
        prefix = self.metadata.get("generateName")
        return f"{prefix}*" if isinstance(prefix, str) and prefix else ""

    @_Lazy
    def metadata(self) -> dict[str, Any]:
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @_Lazy
    def ip(self) -> str:
        """The first address: the caller's own claim when there is a proxy in front."""
        addresses = self.event.source_ips
        return addresses[0] if addresses else ""

    @_Lazy
    def outside(self) -> bool:
        """Whether any address of the request is one of the public internet."""
        return any(is_public(address) for address in self.event.source_ips or ())

    @_Lazy
    def query(self) -> dict[str, list[str]]:
        """Parameters of the URL."""
        _, _, text = self.event.request_uri.partition("?")
        try:
            return parse_qs(text[: 2 << 20], keep_blank_values=True, max_num_fields=100_000)
        except ValueError:
            return {}

    @_Lazy
    def path(self) -> str:
        return unquote(self.event.request_uri.partition("?")[0][:4096])

    @_Lazy
    def arguments(self) -> list[str]:
        """What an exec runs; in the body where the URL was not kept."""
        if asked := self.query.get("command"):
            return asked
        said = self.body.get("command")
        return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []

    @_Lazy
    def command(self) -> str:
        """The command of an exec, its arguments joined by spaces."""
        return " ".join(self.arguments)

    @_Lazy
    def account(self) -> tuple[str, str]:
        return account_of(self.event.user.username)

    @_Lazy
    def from_pod(self) -> str:
        """`namespace/name` of the pod whose token was used."""
        pod = extra(self.event.user, "pod-name")
        return f"{self.account[0]}/{pod}" if pod else ""

    @_Lazy
    def own_work(self) -> bool:
        """A controller at its work, and with its own program."""
        return self.cells[5] == "component" and self.owned

    @_Lazy
    def owned(self) -> bool:
        """A controller making what an owner object already asks for, or keeping such objects."""
        if self.cells[3] != "controller":
            return False
        kind, plural = _OWN_WORK.get(self.account[1], ("", ""))
        if self.event.verb != "create":
            return bool(plural) and self.reference.resource == plural
        owners = self.metadata.get("ownerReferences")
        if not kind or not isinstance(owners, list):
            return False
        return any(isinstance(o, dict) and o.get("kind") == kind and o.get("controller") is True for o in owners)

    @_Lazy
    def mirror(self) -> bool:
        """A kubelet showing a static pod of the control plane: its own node, its annotation, a usual name."""
        marks, node = self.metadata.get("annotations"), self.event.user.username.removeprefix("system:node:")
        if self.cells[3] != "node" or not isinstance(marks, dict) or "kubernetes.io/config.mirror" not in marks:
            return False
        usual = self.reference.namespace == "kube-system" and self.name in {f"{name}-{node}" for name in _STATIC}
        return usual and self.pod.get("nodeName", node) == node

    @_Lazy
    def bootstrap(self) -> bool:
        """kubeadm installing what every cluster of its has, as the administrator it installs with."""
        event = self.event
        if not event.user_agent.startswith("kubeadm/") or event.user.username not in _INSTALLERS:
            return False
        return self.name.startswith("kubeadm:") or self.name in _INSTALLED

    @_Lazy
    def patch_paths(self) -> list[str]:
        """Paths a JSON patch adds or replaces."""
        return patch_paths_of(self.event)

    @_Lazy
    def signing_text(self) -> str:
        """Readable text inside a certificate signing request: the names it asks for."""
        spec = (self.body or self.answer).get("spec")
        request = spec.get("request") if isinstance(spec, dict) else None
        if not isinstance(request, str):
            spec = self.answer.get("spec")
            request = spec.get("request") if isinstance(spec, dict) else None
        return readable(request) if isinstance(request, str) else ""

    @_Lazy
    def selector_free(self) -> bool:
        """A list or watch without a field selector that names one object."""
        return "fieldSelector=metadata.name" not in self.event.request_uri.replace("%3D", "=")


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet; shared carrier space and what is no address are not."""
    return _is_public(address) if len(address) <= _ADDRESS else _is_public.__wrapped__(address)


@lru_cache(maxsize=10_000)
def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
