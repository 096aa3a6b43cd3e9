"""`pod.delete`: end one pod, exactly this incarnation, after its evidence is sealed. Irreversible; the owner makes it
again, so its owner is to be stopped first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from console.actions.base import Applied, Desk
from console.actions.blast import budget_lines, service_lines
from console.actions.contain.advice import recreation
from console.actions.drafting import delete, reference, rights_of
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod
from console.actions.evidence.pod import AROUND_READS, READS, reads_in
from console.actions.pinning import canonical, pin
from console.actions.reading import images, is_static, owners, pruned, refuse_other, top_words
from console.actions.reverters import reverter_lines
from console.checks import asking
from console.checks.workloads import blind_to_again, made_again
from console.errors import BadInput, Refused
from console.model.action import ActionSpec, Danger, Param, Right
from console.model.facts import Unknown
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.model.workload import Pod
from console.ports.facts import Facts

FORCED = "forced: the API object goes before the kubelet confirms, so its absence does not prove the process ended"
LIMITS = (
    "credentials that were copied out of the pod live on: a projected token up to 60 s, cloud credentials much longer",
    "what the process left on volumes, on its node or elsewhere",
)


class PodDelete:
    """See the module."""

    spec = ActionSpec(
        id="pod.delete",
        title="Delete a pod",
        family="contain",
        danger=Danger.D3,
        help=(
            "Deletes exactly this pod, by uid, after its evidence is sealed. Memory, processes and the container's own "
            "files are lost for good. Its owner makes a new one from the same template: stop the owner first (x w), or "
            "isolate the pod instead (x i) to keep it for the forensics. Disruption budgets are not asked."
        ),
        targets=("Pod",),
        key="k",
        params=(Param("grace", "Seconds the processes get to end; empty is the pod's own, 0 is by force", "int"),),
        rights=(*READS, *AROUND_READS, Right("delete", "pods")),
        undo_why="A deleted pod cannot be brought back; its owner makes a new one.",
        destroys=True,
        attack=("RS.MI-02", "M1042"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        pod = await desk.fetch(target)
        refuse_other(target, pod)
        ref = reference(pod, "Pod", desk.info.id)
        if is_static(pod):
            node = pod["spec"].get("nodeName") or "its node"
            raise Refused(
                f"Pod {ref} is a static pod of node {node}: deleting it removes only its mirror, and the kubelet makes "
                "that again. Capture evidence (e), cordon the node (x o), move its manifest file away on the host."
            )
        grace = _grace(params)
        chain = await owners(desk, pod)
        again = recreation(pod, chain)
        steps = (delete(ref, pin(ref, pod), f"delete pod {ref}", grace),)
        typed = (cast(Pod, pruned("Pod", pod)),)
        return Plan(
            self.spec.id,
            ref,
            Danger.D3,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            rights_of(steps, *reads_in(ref.namespace)),
            blast=(
                f"1 pod of {top_words(chain)} ends.",
                *service_lines(desk.view, typed),
                *budget_lines(desk.view, typed),
            ),
            residual=(again,) if again else (),
            limits=(*LIMITS, *((FORCED,) if grace == 0 else ())),
            destroys=(ref,),
            protects=(MANIFEST, *AROUND),
            reverters=reverter_lines([pod, *(owner.obj for owner in chain if owner.obj is not None)]),
            undo=(self.spec.undo_why,),
            warnings=(again,) if again else (),
            context=canonical({"images": images(pod), "owners": [owner.ref.uid for owner in chain]}),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        await capture_pod(desk, plan.target)

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        """The object of that uid is gone. A pod on a dead node stays Terminating and is not."""
        target = applied.plan.target
        fact = facts.get(asking.an_object("Pod", target.namespace, target.name))
        if isinstance(fact, Unknown):
            return Verdict(None, f"pod {target}: {fact.why}")
        pod = fact.value
        if isinstance(pod, Pod) and pod.metadata.uid == target.uid:
            state = "is still ending" if pod.metadata.deletion_timestamp else "is still there"
            return Verdict(False, f"pod {target} {state}", at=fact.at)
        return Verdict(True, f"pod {target} (uid {target.uid}) is gone", at=fact.at)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """Gone, and nothing made a new one of the same owner (or, of a bare pod, of the same image)."""
        gone = self.converged(facts, applied)
        context, plan = applied.plan.context_value(), applied.plan
        again = tuple(made_again(facts, plan.target.namespace, context["owners"], context["images"], applied.server_at))
        blind = blind_to_again(facts, plan.target.namespace)
        return Verdict(gone.truth, gone.observed, again, (*gone.unverifiable, *blind), plan.limits, gone.at)


def _grace(params: Mapping[str, str]) -> int | None:
    text = params.get("grace", "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadInput(f"grace is {text!r}; give whole seconds, 0 or more, or leave it out.")
    return int(text)
