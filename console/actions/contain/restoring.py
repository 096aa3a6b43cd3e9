"""What a release puts back besides the network: labels and notes of the pod, protection of its node.

In: the quarantine as it was carried out, the objects as they are now. Out: changes, the node's step, and what to tell.
A note that another hand has set since stays as it is; a label that must be put back over one of theirs is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from console.actions.base import Applied, Desk
from console.actions.contain.quarantine import KEEP_NODE, KEEP_POD
from console.actions.drafting import patch, reference
from console.actions.reading import Whole, labels, notes
from console.errors import Refused
from console.model.objects import Pod
from console.model.plan import Step
from console.model.ref import ResourceRef


class Back(msgspec.Struct, frozen=True):
    """A part of the way back."""

    changes: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    residual: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def labels_back(pod: Whole, context: Mapping[str, Any]) -> Back:
    """The labels that were taken off, and off with the policy's. Where none was taken off, only the latter."""
    mine, wanted = str(context["key"]), dict(context["labels"]) if context["detach"] else {}
    theirs = {name: value for name, value in labels(pod).items() if name != mine and context["detach"]}
    told = [
        f"Label {name}={value} was set by another hand since: it becomes {name}={wanted[name]} again."
        if name in wanted
        else f"Label {name}={value} was set by another hand since: it stays."
        for name, value in sorted(theirs.items())
        if wanted.get(name) != value
    ]
    return Back({**wanted, mine: None}, warnings=tuple(told))


def notes_back(obj: Whole, kept: Mapping[str, str], before: Mapping[str, str | None]) -> Back:
    """The notes that keep autoscalers off as they were before, as far as they are still as we wrote them."""
    now = notes(obj)
    ours = {name: before.get(name) for name, value in kept.items() if now.get(name) == value}
    told = [
        f"Note {name}={now[name]} was set by another hand since: it stays."
        for name in kept
        if name in now.keys() - ours
    ]
    return Back({name: was for name, was in ours.items() if was != kept[name]}, warnings=tuple(told))


def pod_notes_back(pod: Whole, context: Mapping[str, Any]) -> Back:
    """The notes on the pod."""
    return notes_back(pod, KEEP_POD, context["annotations"])


def protected_node(applied: Applied) -> tuple[int, ResourceRef] | None:
    """Step and reference of the node that the quarantine protected, None if it needed none."""
    for number in applied.befores:
        ref = applied.plan.steps[number - 1].call.ref
        if ref.kind == "Node":
            return number, ref
    return None


async def node_back(desk: Desk, applied: Applied, context: Mapping[str, Any]) -> Back:
    """The node without our protection, unless another isolated pod on it still needs that."""
    found = protected_node(applied)
    if found is None:
        return Back()
    number, ref = found
    if others := _isolated_on(desk, ref.name, str(context["key"]), applied.plan.target.uid):
        return Back(residual=(f"node {ref.name} stays protected from autoscalers: isolated pod {others[0]} is on it",))
    try:
        node = await desk.fetch(ref)
    except Refused:
        return Back()  # gone, and its notes with it
    back = notes_back(node, KEEP_NODE, notes(applied.befores[number]))
    if not back.changes:
        return Back(warnings=back.warnings)
    exact = reference(node, "Node", desk.info.id)
    change, title = {"metadata": {"annotations": back.changes}}, f"let autoscalers remove node {ref.name} again"
    return Back(steps=(patch(desk.manager, exact, node, change, (), title),), warnings=back.warnings)


def _isolated_on(desk: Desk, node: str, key: str, except_uid: str) -> list[str]:
    pods = [pod for pod in desk.view("Pod").all() if isinstance(pod, Pod) and pod.spec.node_name == node]
    marked = [pod for pod in pods if key in (pod.metadata.labels or {}) and pod.metadata.uid != except_uid]
    return sorted(f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in marked)
