"""A Session that plays rows handed to it and answers from a table: the engine of the widget tests.

A fake of the port, for states no engine would give on demand; the drill's engine replaces it in the full snapshots.
"""

# ruff: noqa: E501 - tables of rows read as tables
from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from console.errors import WireError
from console.model.action import ActionSpec, Danger, Param
from console.model.text import Clean
from console.ports.session import CHUNK, Ask, Delta, Hello, Snapshot, Update, Welcome
from console.ports.views import (
    Answer,
    CallView,
    ChangeRow,
    Columns,
    Done,
    EntryRow,
    FindingRow,
    HeaderView,
    ItemRow,
    ObjectRow,
    OutcomeView,
    PlanView,
    Refusal,
    ResourceRow,
    Row,
    SourceView,
    TextView,
    UndoRow,
)

NOW = 1_780_000_000.0
"""2026-05-28T20:26:40Z."""


def c(text: str) -> Clean:
    """Text of a test, taken as clean."""
    return Clean(text)


class Scripted:
    """One connection. `topics` may be changed and pushed to while it is open."""

    def __init__(self, topics: dict[str, list[Row]] | None = None, place: str = "") -> None:
        self.topics = topics if topics is not None else room_rows()
        self.answers: dict[type, Answer | Callable[[Any], Answer | Awaitable[Answer]]] = {}
        self.asked: list[Ask] = []
        self.place = place
        self.subscribed: list[str] = []
        self.refused: dict[str, str] = {}
        """Topics the engine does not have, and what it says of them."""
        self.closed = False
        self.gone = False
        self._queues: dict[str, asyncio.Queue[Update | None]] = {}

    async def open(self, hello: Hello) -> Welcome:
        if self.gone:
            raise WireError("nobody listens on the socket")
        return Welcome(hello.protocol, hello.version, c(hello.seat or "ana"), c("incident"), self.place, 0.0)

    async def subscribe(self, topic: str) -> AsyncIterator[Update]:
        self.subscribed.append(topic)
        if topic in self.refused:
            raise WireError(self.refused[topic])
        queue = self._queues.setdefault(topic, asyncio.Queue())
        rows = self.topics.get(topic, [])
        parts = [tuple(rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)] or [()]
        for i, part in enumerate(parts):
            yield Snapshot(topic, 1, part, i == 0, i == len(parts) - 1)
        while (update := await queue.get()) is not None:
            yield update

    def push(self, topic: str, *upserts: Row, removes: tuple[str, ...] = ()) -> None:
        """Send a delta."""
        self._queues[topic].put_nowait(Delta(topic, 2, upserts, tuple(c(key) for key in removes)))

    def lose(self) -> None:
        """The engine is gone."""
        self.gone = True
        for queue in self._queues.values():
            queue.put_nowait(None)

    async def ask(self, request: Ask) -> Answer:
        self.asked.append(request)
        answer = self.answers.get(type(request), Done())
        found: Any = answer(request) if callable(answer) else answer
        given: Answer = await found if inspect.isawaitable(found) else found
        return given

    async def close(self) -> None:
        self.closed = True


def specs() -> tuple[ActionSpec, ...]:
    """The eight actions' declarations, shortened."""
    words = "Does what its title says. Leaves what the plan lists. The plan shows both before anything is sent."
    rows = (
        ("evidence.pod", "Collect evidence of a pod", "evidence", Danger.D0, ("Pod",), "e", False, ""),
        ("pod.quarantine", "Quarantine a pod", "contain", Danger.D2, ("Pod",), "i", True, "pod.release"),
        ("pod.delete", "Delete a pod", "contain", Danger.D3, ("Pod",), "k", True, ""),
        (
            "workload.suspend",
            "Suspend a workload",
            "workload",
            Danger.D2,
            ("Pod", "Deployment"),
            "w",
            True,
            "workload.resume",
        ),
        ("node.cordon", "Cordon a node", "node", Danger.D1, ("Node",), "o", True, "node.uncordon"),
        ("sa.revoke", "Revoke a service account", "identity", Danger.D2, ("ServiceAccount",), "r", True, "sa.unrevoke"),
        ("sa.replace", "Replace a service account", "identity", Danger.D3, ("ServiceAccount",), "", True, ""),
        ("stream.cut", "Cut open streams", "identity", Danger.D3, ("Pod", "ServiceAccount"), "s", True, ""),
    )
    params = {
        "pod.quarantine": (
            Param("detach", "Take the pod from its controller (auto: yes, but no for a StatefulSet)", "choice", ("auto", "yes", "no"), "auto"),
            Param("protect-node", "Keep autoscalers from removing its node", "choice", ("yes", "no"), "yes"),
        ),
        "pod.delete": (Param("grace", "Seconds the processes get to end; empty is the pod's own, 0 is by force", "int"),),
        "sa.replace": (Param("name", "Name of the new account; it must differ from the old one", required=True),),
        "stream.cut": (Param("wait", "Wait for each", "flag"),),
    }  # fmt: skip
    found = [
        ActionSpec(
            i,
            t,
            f,
            d,
            words,
            targets,
            k,
            leader,
            params.get(i, ()),
            undo=u,
            undo_why="" if u else "what is gone stays gone",
        )
        for i, t, f, d, targets, k, leader, u in rows
    ]
    release = ActionSpec(
        "pod.release", "Release a pod", "contain", Danger.D2, words, ("Pod",), inverse_of="pod.quarantine",
        params=(Param("mode", "how", "choice", ("network", "reattach"), "network"),),
    )  # fmt: skip
    return (*found, release)


def header(**changes: Any) -> HeaderView:
    """The header of an ordinary incident."""
    sources = (
        SourceView(c("audit"), c("live"), NOW - 9000),
        SourceView(c("watch"), c("live"), NOW - 9000),
        SourceView(c("prometheus"), c("stale"), NOW - 400, c("connection refused")),
    )
    fields: dict[str, Any] = {
        "key": c("header"), "incident": c("quiet-heron"), "phase": c("contain"), "opened": NOW - 3600,
        "declared": NOW - 42 * 60, "context": c("prod-eu"), "server": c("https://api.prod-eu.example:6443"),
        "cluster": c("6f1c"), "version": c("v1.36.0"), "user": c("ana@example.org"), "sources": sources,
        "seats": (c("ana"), c("bo")), "journal": c("chain ok"), "undo_debt": 2,
    }  # fmt: skip
    return HeaderView(**(fields | changes))


def findings() -> list[Row]:
    """Nine findings of the drill's kind."""
    table = (
        ("critical", 41, 130, 5, "exec into pod, token read", "pod-exec", "Pod", "shop/web-7f9c", "sa shop/ci", "effective"),
        ("critical", 1, 400, 40, "cluster-admin bound", "rbac-admin", "ClusterRoleBinding", "sys-metrics", "mallory", "open"),
        ("critical", 3, 700, 65, "privileged pod with host root", "pod-priv", "Pod", "default/node-debug", "mallory", "residual"),
        ("high", 212, 900, 75, "all secrets listed", "secrets-dump", "Secret", "14 namespaces", "mallory", ""),
        ("high", 1, 950, 190, "webhook calls outside address", "webhook-out", "MutatingWebhookConfiguration", "sidecar-tuner", "sa shop/ci", "open"),
        ("high", 6, 980, 260, "token minted for controller", "token-mint", "ServiceAccount", "kube-system/crac", "sa shop/ci", ""),
        ("medium", 18, 1500, 400, "egress 40x its own day", "egress", "Pod", "shop/web-7f9c", "", "residual"),
        ("medium", 7, 1600, 560, "image never seen before", "image-new", "CronJob", "shop/logrotate", "sa shop/ci", ""),
        ("low", 90, 9000, 680, "anonymous probing", "anon", "", "/api, /version", "10.2.14.7", ""),
    )  # fmt: skip
    return [
        FindingRow(
            c(f"f{i}"), c(sev), n, NOW - first, NOW - last, c(title), c(rule), c(kind), c(target), c(who),
            c(contained), c("ana") if sev == "low" else c(""), c("audit"),
            c(f"Pod/{target}") if kind == "Pod" else c(""), c("ServiceAccount/shop/ci") if who.startswith("sa ") else c(""),
        )
        for i, (sev, n, first, last, title, rule, kind, target, who, contained) in enumerate(table)
    ]  # fmt: skip


def resources() -> list[Row]:
    """Seven resources in different states."""
    table = (
        ("Pod", "shop/web-7f9c", "node-3", "Deployment web", "ci", "effective", "new and kept flows cut; traffic inside node-3 is left"),
        ("Pod", "default/node-debug", "node-1", "none", "default", "residual", "hostNetwork: policy does not apply"),
        ("ServiceAccount", "shop/ci", "", "9 pods, 3 bindings", "", "accepted", "2 bound tokens live up to 60 s"),
        ("Node", "node-1", "", "14 pods", "", "open", "kubelet identity not locked"),
        ("ClusterRoleBinding", "sys-metrics", "", "cluster-admin", "", "open", "kube-system/default holds it"),
        ("MutatingWebhookConfiguration", "sidecar-tuner", "", "", "", "open", "sees every pod created"),
        ("CronJob", "shop/logrotate", "", "", "", "unverifiable", "API 403: list jobs"),
    )  # fmt: skip
    return [
        ResourceRow(
            c(f"{kind}/{name}"), c(kind), c(name), c(status), c(left), c(owner), c(node), c(account), c("critical"),
            2, NOW - 300,
        )
        for kind, name, node, owner, account, status, left in table
    ]  # fmt: skip


def items() -> list[Row]:
    """Two cards."""
    table = (
        ("first-5-minutes", "Incident declared, codename and severity set", "verified", "declared as quiet-heron", "auto", ""),
        ("first-5-minutes", "Clock, cluster and own identity recorded", "verified", "skew 0 s, ana@example.org", "auto", ""),
        ("isolate", "Evidence of affected pods captured", "verified", "3 of 3", "auto", "evidence.pod"),
        ("isolate", "Affected pods are isolated", "claimed", "2 of 3 isolated", "auto", "pod.quarantine"),
        ("isolate", "Compromised accounts hold no rights", "regressed", "bindings of shop/ci came back", "auto", "sa.revoke"),
        ("isolate", "Nodes of affected pods are cordoned", "open", "node-1 takes new pods", "auto", "node.cordon"),
        ("isolate", "Egress to the intruder stopped", "unknown", "no flow source", "auto", ""),
        ("isolate", "Cloud keys reachable from the cluster rotated", "n-a", "", "attest", ""),
        ("isolate", "Leadership informed", "open", "", "attest", ""),
    )  # fmt: skip
    return [
        ItemRow(
            c(f"I-{i:02}"), c(card), c("contain"), c(title), c("Until this holds the intruder acts from inside."), c("read-do"), c(kind),
            c(state), c(observed), NOW - 60 * i - 5, (c("traffic inside one node"),), c(action),
            c("x i") if action else c(""), c("2/3") if state == "claimed" else c(""),
            c("ana") if state in ("claimed", "n-a") else c(""), c("on-premises") if state == "n-a" else c(""), (), i,
        )
        for i, (card, title, state, observed, kind, action) in enumerate(table)
    ]  # fmt: skip


def entries() -> list[Row]:
    """The journal's newest."""
    table = (
        ("engine", "incident opened on cluster 6f1c", ""),
        ("bo", "evidence of shop/web-7f9c: 7 items", "sealed"),
        ("engine", "argocd wrote rolebindings/ci-deploy, which we had changed", "drift"),
        ("ana", "plan 7c1e of pod.quarantine approved: token theft", ""),
        ("ana", "pod.quarantine shop/web-7f9c", "effective"),
    )
    return [
        EntryRow(c(str(i)), i, NOW - 200 + 30 * i, c(who), c(text), c(result))
        for i, (who, text, result) in enumerate(table, 1)
    ]


def changes() -> list[Row]:
    """What the cluster remembers."""
    return [
        ChangeRow(c("ch1"), NOW - 4000, c("created"), c("ClusterRoleBinding"), c("sys-metrics"), c("kubectl-create")),
        ChangeRow(c("ch2"), NOW - 7000, c("updated"), c("Deployment"), c("shop/web"), c("argocd"), c("spec.template")),
    ]


def undos() -> list[Row]:
    """The register."""
    return [
        UndoRow(c("7c1e" + "0" * 60), c("7c1e"), c("pod.quarantine"), c("Pod shop/web-7f9c"), NOW - 300, c("effective"), c("pod.release"), c("network only, or reattach (adopts: scale +1 first)")),
        UndoRow(c("aa20" + "0" * 60), c("aa20"), c("pod.delete"), c("Pod shop/web-2b1d"), NOW - 900, c("effective"), c(""), c("no undo: its owner made another")),
    ]  # fmt: skip


def browsed(count: int = 3) -> list[Row]:
    """Pods of the browser."""
    titles = ("NAMESPACE", "NAME", "READY", "STATUS", "RST", "NODE", "ACCOUNT")
    head = Columns(
        c("columns"),
        c("Pod"),
        tuple(c(t) for t in titles),
        (False, False, False, False, True, False, False),
        c("live"),
        NOW - 600,
    )
    rows: list[Row] = [
        ObjectRow(
            c(f"Pod/shop/web-{i:05}"),
            (c("shop"), c(f"web-{i:05}"), c("1/1"), c("Running" if i % 7 else "CrashLoopBackOff"), c(str(i % 9)), c(f"node-{i % 5}"), c("web")),
            NOW - 100 * i, not i % 7,
        )
        for i in range(count)
    ]  # fmt: skip
    return [head, *rows]


def room_rows() -> dict[str, list[Row]]:
    """Everything at once."""
    return {
        "header": [header()], "findings": findings(), "resources": resources(), "checklist": items(),
        "journal": entries(), "changes": changes(), "undo": undos(), "browse:pods": browsed(),
    }  # fmt: skip


def plan(**more: Any) -> PlanView:
    """A plan of quarantine."""
    fields: dict[str, Any] = {
        "id": c("7c1e"), "digest": c("7c1e" + "0" * 60), "action": c("pod.quarantine"), "title": c("Quarantine a pod"),
        "target": c("Pod shop/web-7f9c"), "uid": c("5e1c0b1e-0001"), "danger": c("D2"),
        "danger_words": c("reversible, with service impact"), "cluster": c("prod-eu"),
        "server": c("https://api.prod-eu.example:6443"),
        "calls": (
            CallView(c("create networkpolicies shop/n-9c41"), c("kubectl -n shop create -f -"), (c('{"kind": "NetworkPolicy"}'),)),
            CallView(c("patch pods shop/web-7f9c labels"), c("kubectl -n shop label pod web-7f9c app- k9c41=1")),
        ),
        "blast": (c("Service shop/web: 3 to 2 endpoints"), c("Deployment web makes 1 new pod of the same image: x w first?")),
        "residual": (c("traffic from its own node"), c("1 live exec session of mallory")),
        "limits": (c("copies of the token outside the cluster"),),
        "evidence": (c("7 of 7 captured 4 minutes ago"),),
        "undo": (c("release the network, or reattach (adopts: scale +1 first)"),),
        "reason": c("token theft"), "expires": NOW + 900,
        "params": ((c("detach"), c("auto")), (c("protect-node"), c("yes"))),
    }  # fmt: skip
    return PlanView(**(fields | more))


def outcome(stage: str, final: bool = False, **more: Any) -> OutcomeView:
    """How the quarantine stands."""
    return OutcomeView(
        c("7c1e" + "0" * 60), c("7c1e"), c("pod.quarantine"), c("Pod shop/web-7f9c"), c(stage), final=final, **more
    )


def refusal(text: str) -> Refusal:
    """The engine says no."""
    return Refusal(c(text))


def text(*lines: tuple[str, str]) -> TextView:
    """A text to read."""
    return TextView(c("Pod shop/web-7f9c"), tuple((c(a), c(b)) for a, b in lines))


def restarted(rows: list[Row], rand: random.Random) -> ObjectRow:
    """A pod of the browser with another restart count."""
    index = rand.randrange(len(rows))
    row = rows[index]
    assert isinstance(row, ObjectRow)
    cells = (*row.cells[:4], c(str(int(row.cells[4]) + 1)), *row.cells[5:])
    rows[index] = changed = ObjectRow(row.key, cells, row.created, row.bad)
    return changed


def hostile(payload: str) -> dict[str, list[Row]]:
    """Every text of every row is the payload, as if the border had let it through."""

    def everywhere(row: Row) -> Row:
        keep = {"key", "severity", "state", "status", "kind", "target_key", "who_key", "card"}
        fields: dict[str, Any] = {}
        for name in row.__struct_fields__:
            value = getattr(row, name)
            if name in keep:
                fields[name] = value
            elif isinstance(value, str):
                fields[name] = payload
            elif isinstance(value, tuple) and value and isinstance(value[0], str):
                fields[name] = (payload,) * len(value)
            else:
                fields[name] = value
        return type(row)(**fields)

    return {topic: [everywhere(row) for row in rows] for topic, rows in room_rows().items()}
