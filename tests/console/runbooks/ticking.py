"""For each check of an item: facts under which it is true, and the smallest change after which it is not.

Objects are shaped as the API server sends them; statements as people record them. `CASES` is by check id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.checks.checklist_access import ANONYMOUS
from console.checks.checklist_record import EGRESS_RULES
from console.checks.checklist_sources import FALCO
from console.model.facts import Ask
from console.model.instants import stamp
from console.model.ref import ResourceRef
from console.model.signal import Measure, SourceHealth
from tests.console.checks.scripted import NOW, Scripted, meta, pod, ref

Change = Callable[[Scripted], object]
POD, NODE = ref("Pod", "shop", "web", "uid-web"), ref("Node", "", "node-0", "uid-node-0")
SHOP, EVE = ref("Namespace", "", "shop"), ref("User", "", "eve")
ACCOUNT, SERVICE = ref("ServiceAccount", "shop", "web", "uid-web"), ref("Service", "shop", "web")
WORK = ref("Deployment", "shop", "web", "d1")
T0 = "2026-05-01T00:00:00Z"
USER = "system:serviceaccount:shop:web"
INCIDENT = ResourceRef()
Case = tuple[ResourceRef, Callable[[], Scripted], Change]


def facts(**more: Any) -> Scripted:
    """A declared incident with an intact journal, a live audit record and a live Prometheus, in an empty cluster."""
    known: dict[Ask, Any] = {
        Ask("declared"): ("heron", "high", NOW - 3600),
        Ask("chain"): "",
        Ask("echo"): NOW - 5,
        Ask("undo_debt"): 0,
        Ask("source", ("audit",)): SourceHealth("audit", "live", NOW - 900),
        Ask("source", ("prometheus",)): SourceHealth("prometheus", "live", NOW - 900),
        Ask("journal", ("alarm",)): 0,
        Ask("journal", ("effect",)): 2,
        Ask("groups", ("eve",)): ("dev",),
        Ask("token_secrets", ("", "")): (),
        Ask("token_secrets", ("shop", "web")): (),
        Ask("items", ("containment",)): (("CON-01", "verified", NOW),),
        Ask("items", ("",)): (("REC-08", "overridden", NOW - 80 * 3600),),
        Ask("metric", ("scrape-age",)): (Measure("scrape-age", (), 12.0, NOW),),
        Ask("metric", ("kubelets",)): (Measure("kubelets", (), 1.0, NOW),),
        Ask("metric", ("falco-alive",)): (Measure("falco-alive", (), 3.0, NOW),),
        Ask("findings", ("info", "audit")): (3, 0),
        Ask("findings", ("info", "prometheus")): (5, 0),
    }
    known |= {Ask("findings", ("info", "prometheus", rule)): (1, 1) for rule in (FALCO, *EGRESS_RULES)}
    known |= {Ask("findings", ("medium", source)): (2, 2) for source in ("audit", "prometheus")}
    known |= {Ask("findings", ("medium", "prometheus", FALCO)): (2, 2)}
    known |= {Ask("open_streams", (user,)): () for user in ("eve", USER)}
    known |= {Ask("callers", (repr(NOW - since),)): ("192.0.2.7",) for since in (300.0, 900.0, 3600.0)}
    users, windows = ("eve", USER), (600.0, 900.0, 3600.0)
    known |= {Ask("calls_since", (user, repr(NOW - since))): 0 for user in users for since in windows}
    book = Scripted(known)
    book.reviews = False
    return book.watch("Node", node())


def node(**more: Any) -> dict[str, Any]:
    status = {"nodeInfo": {"kubeletVersion": "v1.36.2"}, "conditions": [{"type": "Ready", "status": "Unknown"}]}
    return {**meta("node-0"), "spec": {"unschedulable": True}, "status": status | more}


def say(*pairs: tuple[str, str]) -> Callable[[], Scripted]:
    """The facts above, with these statements on record."""

    def make() -> Scripted:
        book = facts()
        for topic, value in pairs:
            book.say(topic, value)
        return book

    return make


def unsay(topic: str) -> Change:
    return lambda book: book.facts.pop(Ask("recorded", (topic,)))


def sets(ask: Ask, value: Any) -> Change:
    return lambda book: book.facts.__setitem__(ask, value)


def sealed(uid: str, *kinds: str) -> Callable[[], Scripted]:
    """The facts above, with two captures of each kind."""

    def make() -> Scripted:
        book = facts()
        book.facts |= {Ask("evidence", (kind, uid)): ("aa", "bb") for kind in kinds}
        return book

    return make


def unseal(uid: str, kind: str) -> Change:
    return lambda book: book.facts.pop(Ask("evidence", (kind, uid)))


def watching(kind: str, *objects: dict[str, Any], **said: str) -> Callable[[], Scripted]:
    """The facts above, with these objects; statements with `_` for the dot of their topic."""

    def make() -> Scripted:
        book = facts().watch(kind, *objects)
        for topic, value in said.items():
            book.say(topic.replace("_", "."), value)
        return book

    return make


def adds(kind: str, *objects: dict[str, Any]) -> Change:
    return lambda book: book.watch(kind, *objects)


def alike(kind: str, *objects: dict[str, Any]) -> Change:
    """These are the objects of the kind now."""

    def change(book: Scripted) -> None:
        book.kinds.pop(kind, None)
        book.watch(kind, *objects)

    return change


DENY = {
    **meta("deny", "shop"),
    "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
}
OPEN = {**meta("open", "shop"), "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}}
GUARDED = meta("shop", labels={"pod-security.kubernetes.io/enforce": "restricted"})
ENDPOINT = {
    **meta("web-x", "shop", labels={"kubernetes.io/service-name": "web"}),
    "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
}
TEMPLATE = {"spec": {"containers": [{"name": "main", "image": "shop/web:1"}]}}
SET = meta("web-1", "shop", uid="rs1", ownerReferences=[{"kind": "Deployment", "uid": "d1", "controller": True}])
RUNNING = pod("web-1-x", owner=("ReplicaSet", "web-1", "rs1"), digest="reg/web@sha256:good")
NEW = {**meta("miner", "shop", creationTimestamp="2026-05-02T00:00:00Z"), "spec": {"schedule": "* * * * *"}}
BACKDOOR = {
    **meta("backdoor", creationTimestamp="2026-05-02T00:00:00Z"),
    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"kind": "User", "name": "eve"}],
}
SCAN = {**meta("kube-bench", "sec"), "spec": {}, "status": {"lastSuccessfulTime": stamp(NOW - 3600)}}
MIRROR = pod("static", annotations={"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file"})
AFFECTED = Ask("affected", ("",))


def work(replicas: int) -> dict[str, Any]:
    spec = {"replicas": replicas, "template": TEMPLATE}
    return {**meta("web", "shop", uid="d1"), "spec": spec, "status": {"replicas": replicas}}


def rollout(*said: tuple[str, str]) -> Callable[[], Scripted]:
    def make() -> Scripted:
        book = say(*said)().watch("Deployment", work(1)).watch("ReplicaSet", SET)
        return book.watch("Pod", RUNNING)

    return make


def held() -> Scripted:
    book = facts().watch("Pod", pod("web")).watch("NetworkPolicy", DENY)
    return book.say("network.enforced", "a canary was refused")


def scoped() -> Scripted:
    book = facts().watch("Pod", pod("web")).say("t0.estimate", T0)
    book.facts |= {AFFECTED: (POD,), Ask("affected", ("Pod",)): (POD,)}
    return book


def followed() -> Scripted:
    book = facts().say("t0.estimate", T0)
    book.facts[AFFECTED] = (ACCOUNT, POD)
    since = repr(1777593600.0)
    book.facts[Ask("touched", (USER, since))] = (("", "pods", "shop", "web"),)
    return book


def allowed(user: str, groups: tuple[str, ...], index: int = 1) -> Change:
    return lambda book: book.allow(user, groups, ANONYMOUS[index], True)


def everything_allowed(book: Scripted) -> None:
    book.reviews = True


_SAID: dict[str, tuple[Callable[[], Scripted], Change]] = {
    "incident.declared": (facts, sets(Ask("declared"), None)),
    "role.commander": (say(("role.assumed", "ic ana"), ("role.ack", "ic ana")), unsay("role.ack")),
    "journal.checkpointed": (say(("checkpoint.signed", "aa")), sets(Ask("chain"), "entry 7 differs")),
    "clocks.started": (say(("cadence.set", "30 m")), unsay("cadence.set")),
    "strategy.decided": (say(("decision", "strategy: isolate now")), unsay("decision")),
    "hypotheses.stated": (say(("hypothesis", "the image was poisoned")), unsay("hypothesis")),
    "cause.stated": (say(("rootcause", "stolen token"), ("t0.confirmed", T0)), unsay("t0.confirmed")),
    "egress.stated": (say(("path.egress", "pool.example")), unsay("path.egress")),
    "indicators.swept": (say(("ioc", "sha256:bad")), adds("Pod", pod("web", digest="reg/web@sha256:bad"))),
    "backup.clean": (
        say(("backup.selected", "2026-04-01T00:00:00Z"), ("t0.confirmed", T0)),
        lambda book: book.say("backup.selected", "2026-05-02T00:00:00Z"),
    ),
    "bundle.sealed": (say(("bundle.sealed", "aa"), ("bundle.verified", "laptop")), unsay("bundle.verified")),
    "followups.owned": (
        say(("followup", "rotate owner=bo due=2026-06-01")),
        lambda book: book.say("followup", "later"),
    ),
    "drill.completed": (say(("drill.completed", "won")), unsay("drill.completed")),
    "checklist.revised": (say(("checklist.reviewed", "no change")), unsay("checklist.reviewed")),
    "policies.updated": (say(("factor", "no policy"), ("risk.accepted", "x")), unsay("risk.accepted")),
    "images.admitted": (
        say(("dry-run", "unknown-registry-pod shop denied"), ("dry-run", "unsigned-image-pod shop denied")),
        lambda book: book.say("dry-run", "unsigned-image-pod shop admitted"),
    ),
    "api.restricted": (say(("api.allowlist", "192.0.2.0/24")), unsay("api.allowlist")),
    "gate.recovery": (say(("ioc", "sha256:bad")), sets(Ask("items", ("",)), (("REC-08", "unknown", NOW),))),
}
_SEEN: dict[str, tuple[Callable[[], Scripted], Change]] = {
    "access.own": (facts, sets(Ask("journal", ("alarm",)), 1)),
    "prometheus.fresh": (facts, sets(Ask("metric", ("scrape-age",)), ())),
    "audit.fresh": (facts, sets(Ask("echo"), NOW - 7200)),
    "usage.triaged": (facts, sets(Ask("findings", ("medium", "prometheus")), (2, 1))),
    "access.triaged": (facts, sets(Ask("findings", ("medium", "audit")), (2, 1))),
    "runtime.triaged": (facts, sets(Ask("metric", ("falco-alive",)), ())),
    "timeline.covered": (facts, sets(Ask("findings", ("info", "audit")), (0, 0))),
    "scope.closed": (scoped, adds("Pod", pod("web-2"))),
    "touched.listed": (followed, sets(AFFECTED, (ACCOUNT,))),
    "evidence.window": (sealed("", "audit.export", "metric.export"), unseal("", "metric.export")),
    "evidence.cluster": (sealed("", "cluster.dump"), unseal("", "cluster.dump")),
    "logs.collected": (sealed("", "audit.export", "app.logs", "log.gaps"), unseal("", "log.gaps")),
    "forensics.reported": (sealed("", "forensics.report"), sets(Ask("chain"), "entry 7 differs")),
    "autorun.judged": (say(("t0.estimate", T0)), adds("CronJob", NEW)),
    "staticpods.judged": (facts, adds("Pod", MIRROR)),
    "exposure.judged": (facts, adds("Service", {**meta("web", "shop"), "spec": {"type": "NodePort"}})),
    "rbac.tight": (facts, adds("ClusterRoleBinding", BACKDOOR)),
    "anonymous.denied": (facts, allowed("system:anonymous", ("system:unauthenticated",))),
    "gate.containment": (
        lambda: sets_all(facts(), {Ask("affected", ("User",)): (EVE,)}),
        sets(Ask("items", ("containment",)), (("CON-02", "regressed", NOW),)),
    ),
    "containment.lifted": (facts, sets(Ask("undo_debt"), 1)),
    "audit.scheduled": (watching("CronJob", SCAN), alike("CronJob", {**SCAN, "status": {}})),
}
_ABOUT: dict[str, Case] = {
    "evidence.pod": (POD, sealed("uid-web", "pod.yaml", "pod.logs", "events"), unseal("uid-web", "pod.logs")),
    "evidence.volatile": (POD, sealed("uid-web", "proc.list"), unseal("uid-web", "proc.list")),
    "pod.marked": (POD, watching("Pod", pod("web", labels={"x": "heron"})), alike("Pod", pod("web"))),
    "node.closed": (NODE, facts, alike("Node", {**node(), "spec": {}})),
    "pod.contained": (POD, held, adds("NetworkPolicy", OPEN)),
    "namespace.isolated": (SHOP, held, adds("NetworkPolicy", OPEN)),
    "node.silent": (NODE, facts, alike("Node", node(conditions=[{"type": "Ready", "status": "True"}]))),
    "account.revoked": (ACCOUNT, facts, sets(Ask("calls_since", (USER, repr(NOW - 600))), 4)),
    "user.powerless": (EVE, facts, sets(Ask("groups", ("eve",)), ("system:masters",))),
    "streams.closed": (EVE, facts, sets(Ask("open_streams", ("eve",)), (("a", "get", "shop/web", "exec", 1.0),))),
    "user.quiet": (EVE, facts, sets(Ask("calls_since", ("eve", repr(NOW - 900))), 1)),
    "certificate.powerless": (EVE, facts, adds("CertificateSigningRequest", {**meta("csr-1"), "spec": {}})),
    "keys.replaced": (
        NODE,
        sealed("uid-node-0", "authorized_keys.hash"),
        sets(Ask("evidence", ("authorized_keys.hash", "uid-node-0")), ("aa", "aa")),
    ),
    "workload.quiet": (WORK, watching("Deployment", work(0)), alike("Deployment", work(1))),
    "service.closed": (SERVICE, facts, adds("EndpointSlice", ENDPOINT)),
    "identity.mapped": (ACCOUNT, sealed("uid-web", "sar.matrix", "audit.extract"), unseal("uid-web", "sar.matrix")),
    "persistence.judged": (
        INCIDENT,
        lambda: sealed("", "cluster.dump")().say("t0.estimate", T0),
        adds("ClusterRoleBinding", BACKDOOR),
    ),
    "image.fixed": (
        WORK,
        rollout(("image.bad", "sha256:bad"), ("scan.clean", "sha256:good")),
        adds("Pod", pod("twin", digest="reg/web@sha256:bad")),
    ),
    "node.patched": (NODE, say(("version.fixed", "v1.36.2")), lambda book: book.say("version.fixed", "v1.36.3")),
    "node.rebuilt": (ref("Node", "", "node-0", "old"), facts, alike("Node", {**node(), **meta("node-0", uid="old")})),
    "tokens.short": (SHOP, facts, sets(Ask("token_secrets", ("", "")), (("shop/old", ""),))),
    "namespace.denied": (SHOP, watching("NetworkPolicy", DENY), alike("NetworkPolicy", OPEN)),
    "namespace.guarded": (
        SHOP,
        lambda: watching("Namespace", GUARDED)().say(
            "dry-run", "privileged-pod shop denied", "hostPath-pod shop denied"
        ),
        alike("Namespace", meta("shop")),
    ),
    "workload.approved": (
        WORK,
        rollout(("image.approved", "sha256:good"), ("git.clean", "shop/web 1f2e")),
        unsay("git.clean"),
    ),
    "service.healthy": (SERVICE, watching("EndpointSlice", ENDPOINT, slo_met="shop/web 99.9 %"), unsay("slo.met")),
}


def sets_all(book: Scripted, more: dict[Ask, Any]) -> Scripted:
    book.facts |= more
    return book


CASES: dict[str, Case] = {name: (INCIDENT, *case) for name, case in (_SAID | _SEEN).items()} | _ABOUT
