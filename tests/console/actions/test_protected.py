"""The protected set: the responder's own path and the cluster's organs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import pytest

from console.actions.drafting import MERGE
from console.actions.pinning import canonical
from console.actions.protected import protection
from console.model.access import Binding, Subject
from console.model.action import Danger
from console.model.meta import Metadata, OwnerReference
from console.model.network import Webhook, WebhookClient, WebhookConfiguration, WebhookService
from console.model.objects import Node, Obj, Pod
from console.model.plan import Call, Plan, Step
from console.model.ref import BY_KIND, ResourceRef
from console.model.workload import NodeSpec, PodSpec
from console.ports.cluster import ClusterInfo, KindHealth, View
from console.ports.cluster import Subject as Whose

ANA = ClusterInfo("c", "https://x", "x", user="ana", groups=("ir-team", "system:authenticated"))
BOT = ClusterInfo("c", "https://x", "x", user="system:serviceaccount:ops:console", groups=("system:serviceaccounts",))
BOTH = msgspec.structs.replace(ANA, user="oncall", groups=("oncalls",), behind=(Whose(ANA.user, ANA.groups),))
"""Ana, who acts as somebody else with `--as`."""
BOTH_BOT = msgspec.structs.replace(ANA, behind=(Whose(BOT.user, BOT.groups),))


class Cache:
    """A watch cache with these objects."""

    def __init__(self, kind: str, objects: Iterable[Obj]) -> None:
        self.kind = kind
        self.health = KindHealth(kind, "live", 0.0)
        self._objects = list(objects)

    def get(self, namespace: str, name: str) -> Obj | None:
        return next((o for o in self.all(namespace) if o.metadata.name == name), None)

    def all(self, namespace: str = "") -> Iterable[Obj]:
        return [o for o in self._objects if not namespace or o.metadata.namespace == namespace]

    def __len__(self) -> int:
        return len(self._objects)


def caches(**objects: list[Obj]) -> Callable[[str], View]:
    return lambda kind: Cache(kind, objects.get(kind, []))


def ref(kind: str, name: str, namespace: str = "") -> ResourceRef:
    return BY_KIND[kind].ref(namespace, name, "u1") if kind in BY_KIND else ResourceRef("", "", kind, "", name)


def plan(target: ResourceRef, method: str = "PATCH", body: object = None) -> Plan:
    path = BY_KIND[target.kind].path(target.namespace, target.name) if target.kind in BY_KIND else "/x"
    call = Call(method, path, target, body=canonical(body or {}), content_type=MERGE)
    return Plan("some.action", target, Danger.D2, 0.0, (Step(call),))


@pytest.mark.parametrize(
    ("target", "info", "words"),
    [
        (ref("ServiceAccount", "console", "ops"), BOT, "the account this console works with"),
        (ref("Namespace", "ops"), BOT, "the one this console runs in"),
        (ref("User", "ana"), ANA, "is you"),
        (ref("Group", "ir-team"), ANA, "You are a member"),
        (ref("User", "ana"), BOTH, "is you"),
        (ref("User", "oncall"), BOTH, "is you"),
        (ref("Group", "ir-team"), BOTH, "You are a member"),
        (ref("Group", "oncalls"), BOTH, "You are a member"),
        (ref("ServiceAccount", "console", "ops"), BOTH_BOT, "the account this console works with"),
        (ref("Namespace", "ops"), BOTH_BOT, "the one this console runs in"),
        (ref("ClusterRoleBinding", "system:node"), ANA, "Kubernetes' own"),
        (ref("RoleBinding", "system:controller:token-cleaner", "kube-system"), ANA, "Kubernetes' own"),
        (ref("Pod", "kube-apiserver-cp-1", "kube-system"), ANA, "static"),
    ],
)
def test_some_things_are_never_done(target: ResourceRef, info: ClusterInfo, words: str) -> None:
    assert words in protection(plan(target), info, caches()).refuse


def test_a_plan_that_writes_nothing_hits_nothing() -> None:
    harmless = msgspec.structs.replace(plan(ref("ServiceAccount", "console", "ops")), steps=())

    assert protection(harmless, BOT, caches()).refuse == ""


def test_a_pod_of_the_consoles_own_account_is_refused() -> None:
    pod = Pod(metadata=Metadata(name="p", namespace="ops"), spec=PodSpec(service_account_name="console"))
    other = Pod(metadata=Metadata(name="q", namespace="ops"), spec=PodSpec(service_account_name="web"))
    views = caches(Pod=[pod, other])

    assert "it may be this console" in protection(plan(ref("Pod", "p", "ops")), BOT, views).refuse
    assert protection(plan(ref("Pod", "q", "ops")), BOT, views).refuse == ""


def test_an_etcd_pod_that_is_no_static_pod_only_wants_its_name() -> None:
    owner = OwnerReference(kind="StatefulSet", name="etcd", controller=True)
    pod = Pod(metadata=Metadata(name="etcd-0", namespace="kube-system", owner_references=[owner]))

    found = protection(plan(ref("Pod", "etcd-0", "kube-system")), ANA, caches(Pod=[pod]))

    assert (found.refuse, "the cluster's own namespace" in found.typed) == ("", True)


BINDING = Binding(
    metadata=Metadata(name="ir"),
    subjects=[Subject(kind="Group", name="ir-team"), Subject(kind="User", name="eve")],
)


@pytest.mark.parametrize(
    ("method", "body", "refused"),
    [
        ("DELETE", None, True),
        ("PATCH", {"subjects": [{"kind": "User", "name": "eve"}]}, True),
        ("PATCH", {"subjects": [{"kind": "Group", "name": "ir-team"}]}, False),
        ("PATCH", {"metadata": {"labels": {"a": "b"}}}, False),
    ],
)
@pytest.mark.parametrize("info", [ANA, BOTH])
def test_a_binding_that_names_us_keeps_naming_us(method: str, body: object, refused: bool, info: ClusterInfo) -> None:
    """Also when we act as somebody else: the right to do so is given to the one behind it."""
    views = caches(ClusterRoleBinding=[BINDING])

    found = protection(plan(ref("ClusterRoleBinding", "ir"), method, body), info, views)

    assert ("lock yourself out" in found.refuse) is refused


def test_what_everybody_is_bound_by_is_not_our_own_path() -> None:
    open_to_all = Binding(metadata=Metadata(name="all"), subjects=[Subject(kind="Group", name="system:authenticated")])

    found = protection(plan(ref("ClusterRoleBinding", "all"), "DELETE"), ANA, caches(ClusterRoleBinding=[open_to_all]))

    assert found.refuse == ""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (ref("DaemonSet", "calico-node", "calico-system"), "CNI"),
        (ref("Deployment", "coredns", "kube-system"), "cluster DNS"),
        (ref("DaemonSet", "ebs-csi-node", "storage"), "CSI"),
        (ref("Deployment", "policy", "gatekeeper"), "admission webhook runs in gatekeeper"),
        (ref("Deployment", "web", "shop"), ""),
    ],
)
def test_organs_of_the_cluster_want_their_name_typed(target: ResourceRef, words: str) -> None:
    service = WebhookService(namespace="gatekeeper", name="hook")
    hook = WebhookConfiguration(webhooks=[Webhook(client_config=WebhookClient(service=service))])

    found = protection(plan(target), ANA, caches(ValidatingWebhookConfiguration=[hook]))

    assert found.refuse == ""
    assert (words in found.typed) if words else found.typed == ""


@pytest.mark.parametrize(("other_cordoned", "typed"), [(False, False), (True, True)])
def test_the_last_control_plane_node_wants_its_name_typed(other_cordoned: bool, typed: bool) -> None:
    mark = {"node-role.kubernetes.io/control-plane": ""}
    nodes: list[Obj] = [
        Node(metadata=Metadata(name="cp-1", labels=mark)),
        Node(metadata=Metadata(name="cp-2", labels=mark), spec=NodeSpec(unschedulable=other_cordoned)),
        Node(metadata=Metadata(name="worker")),
    ]

    found = protection(plan(ref("Node", "cp-1")), ANA, caches(Node=nodes))

    assert ("last control plane node" in found.typed) is typed
    assert protection(plan(ref("Node", "worker")), ANA, caches(Node=nodes)).typed == ""


def blind(*kinds: str) -> Callable[[str], View]:
    def view(kind: str) -> View:
        cache = Cache(kind, [])
        cache.health = KindHealth(kind, "stale" if kind in kinds else "live", 0.0)
        return cache

    return view


@pytest.mark.parametrize(
    ("target", "kind"),
    [(ref("RoleBinding", "team", "ops"), "RoleBinding"), (ref("Pod", "web", "ops"), "Pod")],
)
def test_what_cannot_be_seen_to_be_ours_or_not_needs_its_name_typed(target: ResourceRef, kind: str) -> None:
    """Not known is not no: the watch is stale, so nobody can tell whether this is the responder's own path."""
    found = protection(plan(target, body={"subjects": []}), BOT, blind(kind))
    assert "cannot be told" in found.typed
    assert not protection(plan(target, body={"subjects": []}), BOT, caches(**{kind: [Obj(Metadata("x"))]})).refuse


@pytest.mark.parametrize(
    "target", [ref("ServiceAccount", "web", "shop"), ref("RoleBinding", "team", "shop"), ref("User", "eve")]
)
def test_while_nobody_knows_who_we_are_rights_are_taken_away_by_a_typed_name_only(target: ResourceRef) -> None:
    unknown = ClusterInfo("c", "https://x", "x", user="an entry of the kubeconfig")
    assert "who you are is not known" in protection(plan(target), unknown, caches()).typed


def test_while_nobody_knows_who_is_behind_an_impersonation_rights_want_a_typed_name() -> None:
    veiled = msgspec.structs.replace(ANA, behind=(Whose(""),))

    found = protection(plan(ref("User", "eve")), veiled, caches())

    assert "whose credentials act as ana is not known" in found.typed
    assert found.refuse == ""
