"""A whole action layer over the real control plane: live watches, journal, evidence, fact book, runner.

Only the audit record of open streams is handed in by the test: what it says is tested where it is read.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from console.actions.approving import Approval
from console.actions.case import Case
from console.actions.catalogue import all_actions
from console.actions.chronicle import Chronicle
from console.actions.names import Names
from console.actions.runner import Runner
from console.cluster.connecting import connect
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.hygiene.exporting import Exporter
from console.incident.factbook import FactBook, Stream
from console.journal.evidence import FileEvidence
from console.journal.sqlite import SqliteJournal
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.signal import SourceHealth
from console.model.verdict import Outcome, Stage
from console.ports.clock import SystemClock
from console.ports.tasks import Tasks
from tests.controlplane import ControlPlane

SECRET = b"an incident's secret for tests.."
WATCHED = (
    *("Pod", "Node", "NetworkPolicy", "EndpointSlice", "Service", "Deployment", "ReplicaSet", "StatefulSet"),
    *("DaemonSet", "Job", "CronJob", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
    *("PodDisruptionBudget", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
)
Object = dict[str, Any]


class Audit:
    """What the audit record says, as the test wants it."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []
        self.state = "live"

    blind_before = 0.0

    def open_streams(self, user: str) -> Iterable[Stream]:
        return tuple(self.streams)

    def calls_since(self, user: str, since: float) -> int:
        return 0

    def healths(self) -> list[SourceHealth]:
        return [SourceHealth("audit", self.state, 0.0)] if self.state else []


class Acting:
    """The layer, and short ways to use it."""

    def __init__(self, controlplane: ControlPlane, case: Case, runner: Runner, audit: Audit) -> None:
        self.controlplane, self.case, self.runner, self.audit = controlplane, case, runner, audit

    async def kubectl(self, *args: str, check: bool = True, input: str | None = None) -> str:  # noqa: A002
        done: subprocess.CompletedProcess[str] = await asyncio.to_thread(
            self.controlplane.kubectl, *args, check=check, input=input
        )
        return done.stdout

    async def shell(self, line: str) -> str:
        """A command line of a plan, as a person would paste it."""
        plane = self.controlplane
        wrapper = f'kubectl() {{ {plane.binary} kubectl --kubeconfig={plane.kubeconfig()} "$@"; }}; {line}'
        done = await asyncio.to_thread(subprocess.run, ["bash", "-c", wrapper], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def make(self, *objects: Mapping[str, Any]) -> None:
        await asyncio.to_thread(self.controlplane.apply, *objects)

    async def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object as the API server has it now, None when it is not there."""
        return await self.case.cluster.fetch(BY_KIND[kind].ref(namespace, name))

    async def listed(self, kind: str, namespace: str, selector: str = "") -> list[Object]:
        args = ["-l", selector] if selector else []
        found: list[Object] = json.loads(await self.kubectl("get", kind, "-n", namespace, *args, "-o", "json"))["items"]
        return found

    async def until(self, condition: Callable[[], Awaitable[object]], what: str, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.1)

    async def ready_pods(self, namespace: str, selector: str, count: int) -> list[Object]:
        """Wait for so many ready pods, and return them."""

        async def there() -> list[Object]:
            pods = [one for one in await self.listed("pods", namespace, selector) if _ready(one)]
            return pods if len(pods) == count else []

        async with asyncio.timeout(40):
            while not (pods := await there()):
                await asyncio.sleep(0.2)
        # The watches must have seen them too: plans tell the blast radius from those.
        async with asyncio.timeout(10):
            while any(self.case.cluster.view("Pod").get(namespace, one["metadata"]["name"]) is None for one in pods):
                await asyncio.sleep(0.05)
        return pods

    async def plan(self, action: str, ref: ResourceRef, **params: str) -> Plan:
        return await self.runner.plan(action, ref, {name.replace("_", "-"): value for name, value in params.items()})

    async def run(self, plan: Plan, until: Stage = Stage.EFFECTIVE, seconds: float = 30.0, skip: str = "") -> Outcome:
        """Approve and wait until the outcome is this stage, or it can get no better."""
        await self.runner.approve(plan.digest, self.approval(plan, skip))
        over = (Stage.REFUSED, Stage.FAILED, Stage.PARTIAL)
        async with asyncio.timeout(seconds):
            while (outcome := self.runner.outcome(plan.digest)).stage not in (until, *over):
                await asyncio.sleep(0.05)
        return outcome

    def approval(self, plan: Plan, skip: str = "") -> Approval:
        name = plan.target.name
        return Approval("tester", 1000, plan.id, "a test", name, "nobody else is here", skip, arm=True)

    async def undo(self, plan: Plan, mode: str = "", seconds: float = 30.0) -> tuple[Plan, Outcome]:
        undo = await self.runner.plan_undo(plan.digest, mode)
        return undo, await self.run(undo, seconds=seconds)


def ref_of(obj: Object) -> ResourceRef:
    meta = obj["metadata"]
    return BY_KIND[obj["kind"]].ref(meta.get("namespace", ""), meta["name"], meta["uid"])


def _ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@asynccontextmanager
async def acting_on(controlplane: ControlPlane, folder: Path, user: Any = "admin") -> AsyncIterator[Acting]:
    """Everything started, and stopped at the end."""
    clock, audit, tasks = SystemClock(), Audit(), Tasks()
    transport = await connect(ConnectOptions((controlplane.kubeconfig(user),), folder), clock)
    cluster = LiveCluster(transport, clock, SECRET)
    await cluster.identify()
    export = Exporter(SECRET)
    chronicle = Chronicle(SqliteJournal(folder / "journal.db"), clock)
    book = FactBook(cluster, lambda: chronicle.state, audit, lambda: (), audit.healths, clock)
    chronicle.listen(lambda entry: book.touch())
    case = Case(
        cluster,
        chronicle,
        FileEvidence(folder / "evidence"),
        export,
        clock,
        all_actions(),
        book,
        Names(SECRET, chronicle, export),
    )
    for kind in WATCHED:
        cluster.view(kind)
    async with asyncio.timeout(30):
        while any(health.state == "loading" for health in cluster.healths()):
            await asyncio.sleep(0.05)
    book.start(tasks)
    runner = Runner(case)
    await runner.start()
    try:
        yield Acting(controlplane, case, runner, audit)
    finally:
        await runner.close()
        book.close()
        await tasks.close()
        await cluster.close()
        chronicle.journal.close()
