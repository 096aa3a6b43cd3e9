"""What was typed beside a digest, compared with the plan of that digest: whoever names both means both.

In: exact plans and the words of the command. Out: nothing, or `BadInput` that names what differs; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from console.errors import BadInput
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.ports.session import PlanAction, PlanUndo


def refuse_other_action(plan: Plan, undoes: str, asked: PlanAction, named: tuple[ResourceRef, ...]) -> None:
    """Raises `BadInput` unless the plan is of that action, on that object, with those parameters.

    Args:
        undoes: digest of the plan this one undoes, "" for any other.
        named: the object that was named, and those above it: what stops a pod is planned on its owner.
    """
    found, wanted = f"{plan.action} on {_words(plan.target)}", f"{asked.action} on {_words(named[0])}"
    if undoes:
        found += f", an undo of {undoes[:4]}"
    if undoes or plan.action != asked.action or not any(one.key == plan.target.key for one in named):
        raise BadInput(f"That digest is of the plan {found}, not {wanted}. Approve it with its own words.")
    if other := tuple(_other(dict(plan.params), asked.params)):
        raise BadInput(f"The plan of that digest was made with {'; '.join(other)}. Approve it as it is, or plan anew.")


def refuse_other_undo(plan: Plan, undoes: str, asked: PlanUndo) -> None:
    """Raises `BadInput` unless the plan undoes that action, in that way, in that namespace."""
    if not undoes or not undoes.startswith(asked.digest):
        shown = undoes[: max(len(asked.digest), 4)]
        found = f"{plan.action} on {_words(plan.target)}, {f'an undo of {shown}' if undoes else 'which undoes nothing'}"
        wanted = f"an undo of {asked.digest}"
        raise BadInput(f"That digest is of the plan {found}, not {wanted}. Approve it with its own words.")
    if asked.mode and (other := tuple(_other(dict(plan.params), {"mode": asked.mode}))):
        raise BadInput(f"The plan of that digest was made with {'; '.join(other)}. Approve it as it is, or plan anew.")
    refuse_elsewhere(plan.target, asked.namespace)


def refuse_elsewhere(target: ResourceRef, namespace: str) -> None:
    """Raises `BadInput` when the object is in another namespace than the one that was typed."""
    if namespace and target.namespace and namespace != target.namespace:
        raise BadInput(
            f"That is about {_words(target)}, which is not in the namespace {namespace}. Nothing was done: check "
            f"the id, or write -n {target.namespace}."
        )


def _other(made: dict[str, str], typed: dict[str, str]) -> Iterator[str]:
    for name, value in typed.items():
        if name not in made:
            yield f"no {name}, not {name}={value}"
        elif made[name] != value:
            yield f"{name}={made[name]}, not {name}={value}"


def _words(ref: ResourceRef) -> str:
    return f"{ref.kind} {ref}"
