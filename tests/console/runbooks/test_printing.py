"""The checklist as lines: the JSON contract, and text that fits a page."""

from __future__ import annotations

import json

from console.hygiene.exporting import known_safe as clean
from console.ports.views import ItemRow
from console.runbooks.printing import json_lines, printed

NOW = 1_780_000_000.0


def row(key: str, state: str, position: int, at: float = NOW - 90, observed: str = "", members: str = "") -> ItemRow:
    return ItemRow(
        key=clean(key), card=clean("isolate"), phase=clean("containment"), title=clean("Affected nodes cordoned"),
        why=clean("why"), mode=clean("read-do"), kind=clean("auto"), state=clean(state), observed=clean(observed),
        at=at, misses=(clean("cordon isolates NOTHING already running"),), action=clean("node.cordon"),
        action_keys=clean("x o"), members=clean(members), position=position,
    )  # fmt: skip


def test_each_item_is_one_json_line_with_exactly_the_promised_fields() -> None:
    lines = list(json_lines([row("CON-02", "open", 2, at=0.0), row("CON-01", "verified", 1)], NOW))
    assert [json.loads(line) for line in lines] == [
        {
            "card": "isolate", "item": "CON-01", "title": "Affected nodes cordoned", "state": "verified",
            "observed": "", "age_s": 90, "misses": ["cordon isolates NOTHING already running"],
            "action": "node.cordon",
        },
        {
            "card": "isolate", "item": "CON-02", "title": "Affected nodes cordoned", "state": "open",
            "observed": "", "age_s": None, "misses": ["cordon isolates NOTHING already running"],
            "action": "node.cordon",
        },
    ]  # fmt: skip


def test_the_printed_list_shows_box_state_members_age_value_and_blind_spots() -> None:
    rows = [
        row("CON-01", "verified", 1, members="2/2"),
        row("CON-02", "regressed", 2, observed="node-0 takes new pods"),
    ]
    assert list(printed(rows, NOW)) == [
        "Incident checklist at 2026-05-28T20:26:40Z: 1 of 2 items done",
        "",
        "CONTAINMENT / isolate  (1 of 2)",
        "[x] CON-01 Affected nodes cordoned: VERIFIED 2/2 1m",
        "      cannot see: cordon isolates NOTHING already running",
        "[!] CON-02 Affected nodes cordoned: REGRESSED 1m",
        "      observed: node-0 takes new pods",
        "      cannot see: cordon isolates NOTHING already running",
        "      action: node.cordon (x o)",
    ]


def test_no_printed_line_is_wider_than_a_page() -> None:
    lines = list(printed([row("CON-01", "open", 1, observed="word " * 100 + "x" * 300)], NOW))
    assert max(len(line) for line in lines) <= 100
