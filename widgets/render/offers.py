"""Which actions a row offers, and on what. Pure: rows and declarations in, offers out.

A finding offers what contains its target, what contains who did it, and what silences its alert; an object offers what
accepts its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from console.ports.views import ChangeRow, FindingRow, ItemRow, ObjectRow, ResourceRow
from widgets.render.browsing import name_of

if TYPE_CHECKING:
    from console.model.action import ActionSpec
    from console.ports.views import Row

Find = Callable[[str], ResourceRow | None]


class Offer(NamedTuple):
    """One action on one target."""

    spec: ActionSpec
    target: str
    """Row key, as `PlanAction` takes it."""
    words: str
    """The target for people."""


def offers(row: Row | None, kind: str, find: Find, specs: Sequence[ActionSpec]) -> list[Offer]:
    """Everything that may be done about this row, in order of declaration."""
    if isinstance(row, ResourceRow):
        return [Offer(spec, row.key, f"{row.kind} {row.name}") for spec in specs if _fits(spec, row)]
    if isinstance(row, ObjectRow):
        return [Offer(s, row.key, f"{kind} {name_of(row)}") for s in specs if kind in s.targets and not s.inverse_of]
    if isinstance(row, ChangeRow):
        return [
            Offer(s, row.key, f"{row.kind} {row.name}") for s in specs if row.kind in s.targets and not s.inverse_of
        ]
    if isinstance(row, FindingRow):
        return _of_finding(row, find, specs)
    return []


def _fits(spec: ActionSpec, row: ResourceRow) -> bool:
    if spec.inverse_of:
        return False
    return spec.id in row.offers if row.offers else row.kind in spec.targets


def _of_finding(row: FindingRow, find: Find, specs: Sequence[ActionSpec]) -> list[Offer]:
    found: list[Offer] = []
    for key in (row.target_key, row.who_key, row.alert_key):
        if not key:
            continue
        known, (kind, _, name) = find(key), key.partition("/")  # who did it may be an account, a node or a person
        if known is not None:
            more = offers(known, known.kind, find, specs)
        else:
            more = [
                Offer(s, key, f"{kind} {name.removeprefix('/')}")
                for s in specs
                if kind in s.targets and not s.inverse_of
            ]
        found += [offer for offer in more if offer.spec.id not in {other.spec.id for other in found}]
    return found


def of_item(row: ItemRow, resources: Sequence[ResourceRow], specs: Sequence[ActionSpec]) -> list[Offer]:
    """The item's action on each resource that offers it and is not done."""
    spec = next((s for s in specs if s.id == row.action), None)
    if spec is None:
        return []
    todo = [r for r in resources if _fits(spec, r) and r.status not in ("effective", "gone")]
    return [Offer(spec, r.key, f"{r.kind} {r.name}") for r in todo]
