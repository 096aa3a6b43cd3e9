"""Cards load whole or not at all; what is wrong is named with file and line, all of it at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from console.checks.shipped import shipped
from console.errors import DataError
from console.runbooks.items import MOST, PHASES
from console.runbooks.loading import load_items

ITEM = """
  - id: CON-01
    title: "Affected nodes cordoned"
    why: "No new victims land there"
    mode: read-do
    role: responder
    per: node
    kind: auto
    check: node.closed
    hold: 60s
    action: {id: node.cordon, danger: D1, undo: node.uncordon}
    timebox: 2m
"""
CARD = f"card: isolate\nphase: containment\ntitle: Isolate\nitems:{ITEM}"
CHECKS = ("node.closed",)


def load(folder: Path, text: str, name: str = "01-isolate.yaml") -> str:
    """What loading says is wrong with this card; "" when nothing is."""
    (folder / name).write_text(text)
    try:
        load_items(CHECKS, folder)
    except DataError as error:
        return str(error)
    return ""


def test_every_shipped_item_loads_and_names_a_registered_check_or_an_attestation() -> None:
    items = load_items(shipped())
    assert len(items) == 86
    assert Counter(item.kind for item in items) == {"auto": 39, "hybrid": 39, "attest": 8}
    assert [item.position for item in items] == list(range(1, 87))
    assert max(Counter(item.card for item in items).values()) <= MOST
    assert [PHASES.index(item.phase) for item in items] == sorted(PHASES.index(item.phase) for item in items)


def test_shipped_items_offer_the_actions_of_the_registry_by_the_same_names() -> None:
    offered = {item.action.id for item in load_items(shipped())}
    design = {"evidence.pod", "pod.quarantine", "workload.suspend", "node.cordon", "sa.revoke", "stream.cut"}
    assert design <= offered
    assert len(offered) == 77


def test_a_good_card_loads(tmp_path: Path) -> None:
    (tmp_path / "01-isolate.yaml").write_text(CARD)
    (item,) = load_items(CHECKS, tmp_path)
    assert (item.card, item.phase, item.position, item.hold_seconds) == ("isolate", "containment", 1, 60.0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: auto", "kind: magic", "kind 'magic' is none of auto, hybrid, attest"),
        ("check: node.closed", "check: node.opened", "check 'node.opened' is not registered"),
        ("check: node.closed", "over: affected", "it names no check"),
        ("kind: auto", "kind: hybrid", "does not say what a person attests"),
        ("kind: auto", "kind: attest\n    attest: x", "an attested item names no check"),
        ("hold: 60s", "hold: soon", "'soon' is no duration"),
        ("hold: 60s", "needs: [CON-99]", "needs CON-99, which is no item"),
        ("hold: 60s", "needs: [CON-01]", "its needs run in a circle: CON-01 > CON-01"),
        ("hold: 60s", "hold: 60s\n    hold: 61s", "key 'hold' is given twice"),
        ("hold: 60s", "colour: red", "unknown field `colour`"),
        ("hold: 60s", "position: 3", "position come from the item's place"),
        ("id: CON-01", "id: con-1", "three capitals"),
        ('"Affected nodes cordoned"', f'"{"x" * 61}"', "61 characters"),
        ("danger: D1, undo: node.uncordon", "danger: D2", "names no undo"),
        ("danger: D1", "danger: D3", "irreversible and wants no approval"),
        ("id: node.cordon", "id: cordon", "not written noun.verb"),
        ("per: node", "per: planet", "per 'planet' is none of"),
        ("    why: ", "    reason: ", "`reason`"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in CARD
    said = load(tmp_path, CARD.replace(old, new))
    assert problem in said
    assert said.startswith("01-isolate.yaml:")


def test_the_line_is_that_of_the_item(tmp_path: Path) -> None:
    second = ITEM.replace("CON-01", "CON-02").replace("kind: auto", "kind: magic")
    assert load(tmp_path, CARD + second).startswith("01-isolate.yaml:17: CON-02: ")


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    bad = CARD.replace("kind: auto", "kind: magic").replace("60s", "soon")
    (tmp_path / "02-other.yaml").write_text("card: other\nphase: never\ntitle: x\nitems: []\n")
    said = load(tmp_path, bad)
    assert len(said.splitlines()) == 3
    assert "02-other.yaml:1: phase 'never'" in said


def test_an_id_used_on_two_cards_is_refused(tmp_path: Path) -> None:
    (tmp_path / "02-again.yaml").write_text(CARD)
    assert "02-again.yaml:5: CON-01: its id is used twice" in load(tmp_path, CARD)


def test_a_card_of_ten_items_does_not_fit_a_screen(tmp_path: Path) -> None:
    items = "".join(ITEM.replace("CON-01", f"CON-{n:02d}") for n in range(1, 11))
    assert "has 10 items, at most 9" in load(tmp_path, CARD.replace(ITEM, items))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("card: [", "01-isolate.yaml:2: is no YAML"),
        ("", "a card is a mapping"),
        ("card: x\nphase: containment\ntitle: y\nitems: none\n", "a list of items"),
        ("card: x\nphase: containment\nitems: []\n", "`title`"),
        ("a: !!python/object:os.system x", "is no YAML"),
    ],
)
def test_a_file_that_is_no_card_is_named(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in load(tmp_path, text)


def test_a_folder_without_cards_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There are no cards"):
        load_items(CHECKS, tmp_path)
