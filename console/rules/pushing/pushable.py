"""Which rules a search cluster can be asked for, with the condition of each; of the others, which field is missing.

In: rules, the columns of an index. Out: for each rule over the audit trail a condition to ask for, or why not: what it
reads is not in the documents, its condition leaves nothing to look for, or it comes after a rule that cannot be asked.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.errors import BadInput
from console.rules.pushing.asking import Asker
from console.rules.pushing.bounding import bounds_of, fields_of, rests_on
from console.rules.pushing.columns import Columns
from console.rules.pushing.patterns import LONGEST
from console.rules.pushing.trees import Tree, is_selective, merged
from console.rules.rule import Rule


class Pushed(msgspec.Struct, frozen=True):
    """A rule the search cluster is asked for."""

    rule: Rule
    tree: Tree
    """What each of its events has; False where the index says that there can be none."""


class Kept(msgspec.Struct, frozen=True):
    """A rule that cannot be asked for."""

    rule: Rule
    missing: tuple[str, ...]
    """Fields of the audit event, or of the rule, that are not there to be asked."""
    why: str
    """In words, without them."""

    @property
    def reason(self) -> str:
        """In words."""
        return f"{self.why}: {', '.join(self.missing)}" if self.missing else self.why


class Plan(msgspec.Struct, frozen=True):
    """What is asked, and what is not."""

    pushed: tuple[Pushed, ...]
    kept: tuple[Kept, ...]


def plan(rules: Iterable[Rule], columns: Columns) -> Plan:
    """Every rule over the audit trail, in one of both parts."""
    pushed: dict[str, Pushed] = {}
    kept: dict[str, Kept] = {}
    for rule in rules:
        if rule.reads != "audit":
            continue
        try:
            one = _planned(rule, columns)
        except BadInput as error:  # a rule that cannot be used is no rule here either
            one = Kept(rule, (), str(error))
        if isinstance(one, Pushed):
            pushed[rule.id] = one
        else:
            kept[rule.id] = one
    while late := [one.rule for one in pushed.values() if _waits(one.rule, pushed)]:
        for rule in late:
            del pushed[rule.id]
            names = ", ".join(rule.after.rules) if rule.after else ""
            kept[rule.id] = Kept(rule, (), f"comes after what cannot be asked for either ({names})")
    return Plan(tuple(pushed.values()), tuple(kept.values()))


def _planned(rule: Rule, columns: Columns) -> Pushed | Kept:
    if rule.first:
        return Kept(rule, (), "what is usual is learned from the whole trail, and only some of it comes")
    layout = columns.layout
    dropped = dict.fromkeys(gone for field in fields_of(rule) if (gone := layout.drops(rests_on(field))))
    if dropped:
        return Kept(rule, tuple(dropped), f"the documents of {layout.name} do not have")
    asker = Asker(columns)
    tree = merged(bounds_of(rule, asker).upper, LONGEST)
    if tree is not False and not is_selective(tree):
        missing = tuple(asker.missing) or tuple(map(rests_on, fields_of(rule)))
        return Kept(rule, missing, "nothing is left to look for without")
    return Pushed(rule, tree)


def _waits(rule: Rule, pushed: dict[str, Pushed]) -> bool:
    """Whether it comes after rules of which one is not asked for."""
    return rule.after is not None and any(name not in pushed for name in rule.after.rules)
