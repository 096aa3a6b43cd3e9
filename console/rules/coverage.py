"""What of the catalogue of detections is covered, by what, and what is not and why: the text of `docs/detections.md`.

In: `catalogue.yml`, the shipped rules and measures, the controls of posture scans that the catalogue names. Out:
Markdown. An entry that nothing covers and that gives no reason is an error: nobody must believe it is watched.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import yaml

from console.errors import DataError
from console.rules.loading import load_rules
from console.rules.measures import load_measure_rules
from console.rules.pushing import listing
from console.rules.rule import Rule
from console.rules.translating import load_meanings

_FILE = Path(__file__).with_name("catalogue.yml")
_HEAD = """# Detections

What the field detects in Kubernetes clusters (the catalogue of {total} entries), and what covers each here: rules over
audit events (`K8S-…`), over what watches of the cluster's objects show where no audit trail tells of it (`OBJ-…`: *who*
is not known then), over programs that Tetragon saw start (`RUN-…`), over flows that Hubble or Tetragon saw (`FLOW-…`),
alerts of Falco and in Alertmanager by the names of their rules, measures over Prometheus (`PROM-…`), controls of
`warroom posture`. {covered} are covered, {bare} are not, with the reason. A detection is only as good as the source it
needs: without Falco, Tetragon or Hubble in the cluster the entries that rest on them alone see nothing. Made by
`python -m console.docs`; the rules themselves are told by `warroom rules list` and `rules explain ID`.

| id | detection | tactic | signal | covered by | ATT&CK |
|---|---|---|---|---|---|
"""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One detection of the catalogue."""

    id: str
    detection: str
    tactic: str
    signal: str
    """What can show it."""
    posture: tuple[str, ...] = ()
    """Controls of posture scans."""
    itself: str = ""
    """What covers it that is no rule: how findings are joined."""
    without: str = ""
    """Why nothing covers it."""


def catalogue() -> list[Entry]:
    """All entries. Raises `DataError` for a file that cannot be read as such."""
    try:
        found = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return msgspec.convert(found, list[Entry])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise DataError(f"{error}", _FILE.name) from None


def render() -> str:
    """The whole document."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    shipped = load_rules().rules
    for rule in shipped:
        for id_ in rule.catalogue:
            rules[id_].append(rule)
    measures: dict[str, list[str]] = defaultdict(list)
    attacks: dict[str, set[str]] = defaultdict(set)
    for one in load_measure_rules():
        for id_ in one.catalogue:
            measures[id_].append(f"`{one.id}`")
            attacks[id_].update(one.attack)
    alerts: dict[str, list[str]] = defaultdict(list)
    known = load_meanings()
    for sensor, meanings in (("Falco", known.falco), ("Alertmanager", known.alertmanager)):
        for meaning in meanings:
            for id_ in meaning.catalogue:
                alerts[id_].append(f"{sensor} `{meaning.id or meaning.rule}`")
                attacks[id_].update(meaning.attack)
    entries = catalogue()
    rows = [
        _row(entry, rules[entry.id], [*measures[entry.id], *alerts[entry.id]], attacks[entry.id]) for entry in entries
    ]
    bare = sum(bool(entry.without) for entry in entries)
    head = _HEAD.format(total=len(entries), covered=len(entries) - bare, bare=bare)
    return head + "\n".join(rows) + "\n" + listing.render(shipped)


def _row(entry: Entry, rules: list[Rule], others: list[str], attacks: set[str]) -> str:
    files = [f"[{rule.id}](../console/rules/data/{rule.where.rpartition(':')[0]})" for rule in rules]
    by = [*files, *others, *(f"posture `{one}`" for one in entry.posture)]
    by += [entry.itself] if entry.itself else []
    if bool(by) == bool(entry.without):
        what = "is covered and gives a reason why it is not" if by else "is covered by nothing and gives no reason"
        raise DataError(f"{entry.id} {what}: correct it there", _FILE.name)
    ids = sorted({one for rule in rules for one in rule.attack} | attacks)
    covered = ", ".join(by) or f"nothing: {entry.without}"
    cells = (entry.id, entry.detection, entry.tactic, entry.signal, covered, ", ".join(ids))
    return f"| {' | '.join(cells)} |"
