"""An action for tests of the runner: labels nodes, in as many steps as there are nodes, of any class."""

from __future__ import annotations

from collections.abc import Mapping

from console.actions.base import Applied, Desk
from console.actions.drafting import create, patch, reference, rights_of
from console.actions.registry import Registry
from console.checks import asking
from console.model.action import ActionSpec, Danger, Param
from console.model.facts import Unknown
from console.model.objects import Node
from console.model.plan import Plan
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

LABEL = "sample"


class Labelling:
    """`nodes` names more nodes, with commas; each is a step of its own."""

    def __init__(
        self,
        danger: Danger = Danger.D1,
        destroys: bool = False,
        protects: tuple[str, ...] = (),
        undo: str = "",
    ) -> None:
        self.spec = ActionSpec(
            id="sample.label",
            title="Label nodes",
            family="sample",
            danger=danger,
            help="For tests.",
            targets=("Node",),
            params=(Param("nodes", "more nodes"), Param("how", "way", "choice", ("plain", "loud"), "plain")),
            undo=undo,
            undo_why="It is a test.",
            destroys=destroys,
        )
        self.protects = protects
        self.collected = 0

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        names = [target.name, *filter(None, params["nodes"].split(","))]
        steps = []
        for name in names:
            obj = await desk.fetch(BY_KIND["Node"].ref("", name))
            ref = reference(obj, "Node", desk.info.id)
            change = {"metadata": {"labels": {LABEL: "yes"}}}
            steps.append(patch(desk.manager, ref, obj, change, ("spec.unschedulable",), f"label node {name}"))
        refs = tuple(step.call.ref for step in steps)
        return Plan(
            self.spec.id,
            refs[0],
            self.spec.danger,
            desk.now(),
            tuple(steps),
            tuple(sorted(params.items())),
            rights_of(tuple(steps)),
            destroys=refs if self.spec.destroys else (),
            protects=self.protects,
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        self.collected += 1
        for ref in plan.destroys:
            await desk.capture("node.yaml", ref, b"{}")

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return self.effective(facts, applied)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        fact = facts.get(asking.an_object("Node", "", applied.plan.target.name))
        if isinstance(fact, Unknown):
            return Verdict(None, fact.why)
        labelled = isinstance(fact.value, Node) and (fact.value.metadata.labels or {}).get(LABEL) == "yes"
        return Verdict(labelled, "labelled" if labelled else "not labelled")


class Making(Labelling):
    """Creates a namespace called after the parameter `nodes`."""

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        ref = BY_KIND["Namespace"].ref("", params["nodes"])
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": ref.name, "labels": {LABEL: "yes"}},
        }
        steps = (create(desk.manager, ref, manifest, f"create namespace {ref.name}"),)
        return Plan(self.spec.id, target, self.spec.danger, desk.now(), steps, rights=rights_of(steps))

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        return Verdict(True, "made")


def only(action: Labelling) -> Registry:
    """A register with this action alone."""
    registry = Registry()
    registry.add(action)
    return registry
