"""Which rules a search cluster cannot be asked for, by how audit events are laid out there: for documents and lists.

In: rules. Out: reasons by layout and rule, with the fields that are missing; and the same as Markdown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from console.rules.pushing.columns import agent_columns, raw_columns
from console.rules.pushing.pushable import plan
from console.rules.rule import Rule

_HEAD = """
## Rules and search clusters

`warroom detect --search URL --index PATTERN` asks Elasticsearch or OpenSearch for what the rules look for, and judges
what comes back as it would a file's. Of {total} rules over audit events these are not asked for, because their answer
would be half a truth; what other fields an index lacks is found out, and said, when it is searched.

| audit events are laid out as | asked for | not asked for |
|---|---|---|
"""


def unasked(rules: Iterable[Rule]) -> dict[str, dict[str, str]]:
    """By layout and id of a rule, why it is not asked for."""
    whole = list(rules)
    plans = [(columns.layout.name, plan(whole, columns)) for columns in (raw_columns(), agent_columns())]
    return {name: {one.rule.id: one.reason for one in found.kept} for name, found in plans}


def render(rules: Iterable[Rule]) -> str:
    """The section of the document."""
    whole = [rule for rule in rules if rule.reads == "audit"]
    rows = []
    for layout, kept in unasked(whole).items():
        because: dict[str, list[str]] = defaultdict(list)
        for rule, reason in sorted(kept.items()):
            because[reason].append(f"`{rule}`")
        told = "<br>".join(f"{reason}: {', '.join(ids)}" for reason, ids in because.items())
        rows.append(f"| {layout} | {len(whole) - len(kept)} | {told} |")
    return _HEAD.format(total=len(whole)) + "\n".join(rows) + "\n"
