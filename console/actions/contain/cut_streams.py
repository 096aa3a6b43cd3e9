"""`stream.cut`: end the open exec, attach and port-forward streams of a user by deleting the pods they lead into.

There is no call that closes a stream. Watches have no pod to delete: the plan says what ends those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from console.actions.base import Applied, Desk
from console.actions.blast import budget_lines, service_lines
from console.actions.contain.advice import recreation
from console.actions.drafting import delete, reference, rights_of
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod
from console.actions.evidence.pod import AROUND_READS, READS, reads_in
from console.actions.pinning import canonical, pin
from console.actions.reading import is_static, owners, pruned
from console.actions.reverters import reverter_lines
from console.checks import asking
from console.checks.streams import LIMITS, Stream, closed, into_pods, user_of, words
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.facts import Unknown
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict
from console.model.workload import Pod
from console.ports.facts import Facts

_RESTART = (
    "restart every kube-apiserver one after the other (or block the client's address), after the rights are gone (x r)"
)


class StreamCut:
    """See the module."""

    spec = ActionSpec(
        id="stream.cut",
        title="Cut a user's open streams",
        family="contain",
        danger=Danger.D3,
        help=(
            "Lists the exec, attach, port-forward and watch requests of a user that the audit record shows as still "
            "open, and deletes the pods the first three lead into, by uid, after their evidence is sealed. Rights are "
            "checked only when a stream opens: take them away first (x r), or it is opened again. A watch cannot be "
            "cut this way; only its client or a restart of each API server ends it."
        ),
        targets=("ServiceAccount", "User"),
        key="s",
        rights=(*READS, *AROUND_READS, Right("delete", "pods")),
        undo_why="The deleted pods cannot be brought back; their owners make new ones.",
        destroys=True,
        attack=("RS.MI-01", "T1609"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        user = user_of(target)
        if user in desk.info.users:
            raise Refused(f"{user} is you: your own streams are not cut. Close them at their terminal.")
        streams = _open(desk, user)
        inside = into_pods(streams)
        found = await _pods(desk, inside)
        pods = [pod for pod in found.values() if pod is not None and not is_static(pod)]
        if not pods:
            raise Refused(_nothing_to_delete(user, streams, found))
        refs = [reference(pod, "Pod", desk.info.id) for pod in pods]
        steps = tuple(delete(ref, pin(ref, pod), f"delete pod {ref}") for ref, pod in zip(refs, pods, strict=True))
        again = [line for pod in pods if (line := recreation(pod, await owners(desk, pod)))]
        typed = [cast(Pod, pruned("Pod", pod)) for pod in pods]
        places = sorted({ref.namespace for ref in refs})
        return Plan(
            self.spec.id,
            target,
            Danger.D3,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            rights_of(steps, *(right for place in places for right in reads_in(place))),
            blast=(
                *(f"{words(one)} is open since {_minutes(desk.now() - one[4])}" for one in inside),
                f"{len(pods)} pods end.",
                *service_lines(desk.view, typed),
                *budget_lines(desk.view, typed),
            ),
            residual=(*_watches(streams, inside), *_static(found), *dict.fromkeys(again)),
            limits=LIMITS,
            destroys=tuple(refs),
            protects=(MANIFEST, *AROUND),
            reverters=reverter_lines(pods),
            undo=(self.spec.undo_why,),
            warnings=("A stream can be opened again while the rights are there: take them away first (x r).",),
            context=canonical({"user": user}),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        for ref in plan.destroys:
            await capture_pod(desk, ref)

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        """Every deleted pod is gone."""
        left = []
        for ref in applied.plan.destroys:
            fact = facts.get(asking.an_object("Pod", ref.namespace, ref.name))
            if isinstance(fact, Unknown):
                return Verdict(None, f"pod {ref}: {fact.why}")
            if isinstance(fact.value, Pod) and fact.value.metadata.uid == ref.uid:
                left.append(str(ref))
        if left:
            return Verdict(False, f"still there: {', '.join(left)}")
        return Verdict(True, f"{len(applied.plan.destroys)} pods are gone")

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """The audit record shows no stream of the user into a pod any more."""
        return closed(facts, applied.plan.context_value()["user"])


def _open(desk: Desk, user: str) -> tuple[Stream, ...]:
    fact = desk.facts.get(asking.open_streams(user))
    if isinstance(fact, Unknown):
        raise Refused(f"Which streams of {user} are open is not known: {fact.why}. Add an audit source, or use x k.")
    streams = cast(tuple[Stream, ...], fact.value)
    if not streams:
        raise Refused(f"The audit record shows no open stream of {user}: there is nothing to cut.")
    return streams


async def _pods(desk: Desk, inside: list[Stream]) -> dict[str, dict[str, Any] | None]:
    """The pods the streams lead into, None for one that is gone."""
    found: dict[str, dict[str, Any] | None] = {}
    for stream in inside:
        namespace, _, name = stream[2].partition("/")
        if stream[2] not in found:
            try:
                found[stream[2]] = await desk.fetch(BY_KIND["Pod"].ref(namespace, name))
            except Refused:
                found[stream[2]] = None
    return found


def _nothing_to_delete(user: str, streams: tuple[Stream, ...], found: Mapping[str, Any]) -> str:
    shown = ", ".join(words(one) for one in streams[:5])
    if not found:
        return f"{user} has only watches open ({shown}): no pod can be deleted to end them; {_RESTART}."
    return f"The streams of {user} ({shown}) lead into pods that are gone or static; {_RESTART}."


def _watches(streams: tuple[Stream, ...], inside: list[Stream]) -> list[str]:
    return [f"{words(one)} stays open: {_RESTART}" for one in streams if one not in inside]


def _static(found: Mapping[str, dict[str, Any] | None]) -> list[str]:
    return [f"pod {name} is static: deleting it ends no stream; {_RESTART}" for name, pod in found.items() if pod and
            is_static(pod)]  # fmt: skip


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} min" if seconds >= 60 else "less than a minute"
