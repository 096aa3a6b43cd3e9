"""Load cards of checklist items from YAML and check them.

In: a folder of `NN-name.yaml` files, one card each. Out: the items in order. What is wrong is collected and reported
together, each with file and line; a checklist with a mistake is never half loaded. Actions and the cluster are unknown
here: an item may name an action this build does not have.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from console.errors import DataError
from console.runbooks.items import MEMBER_KINDS, MOST, PHASES, TITLE, Card, Item, duration

SHIPPED = Path(__file__).parent / "data"
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"[A-Z]{3}-\d{2}")
_ACTION = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")
_WORDS = {
    "mode": ("read-do", "do-confirm"),
    "role": ("ic", "scribe", "responder", "liaison", "any"),
    "kind": ("auto", "hybrid", "attest"),
    "over": ("affected", "cluster"),
    "per": tuple(MEMBER_KINDS),
}
_UNDONE_ITSELF = ("containment.lift",)
"""Actions of class D2 or D3 that are the undoing of others."""

Placed = tuple[str, Item]
"""Where an item stands (`file:line`), and the item."""


def load_items(checks: Container[str], folder: Path = SHIPPED) -> tuple[Item, ...]:
    """Every item of every card, in order.

    Args:
        checks: ids of the registered checks.
        folder: where the cards are.

    Raises:
        DataError: listing all that is wrong, one line each with file and line.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise DataError("There are no cards (*.yaml) in this folder.", str(folder))
    problems: list[str] = []
    placed = [one for path in files for one in _card(path, problems)]
    problems += _problems(placed, checks)
    if problems:
        raise DataError("\n".join(problems))
    return tuple(msgspec.structs.replace(item, position=n) for n, (_, item) in enumerate(placed, 1))


def _card(path: Path, problems: list[str]) -> list[Placed]:
    """Items of one file; what cannot be read is noted and left out."""
    try:
        data, lines = _read(path, problems)
        if not isinstance(data, dict) or not isinstance(data.get("items"), list):
            raise DataError("a card is a mapping with card, phase, title and a list of items", f"{path.name}:1")
        head = msgspec.convert({**data, "items": []}, Card)
    except DataError as error:
        problems.append(str(error))
        return []
    except msgspec.ValidationError as error:
        problems.append(f"{path.name}:1: {error}")
        return []
    if head.phase not in PHASES:
        problems.append(f"{path.name}:1: phase {head.phase!r} is none of {', '.join(PHASES)}")
    if len(data["items"]) > MOST:
        problems.append(f"{path.name}:1: card {head.card} has {len(data['items'])} items, at most {MOST} fit a screen")
    return list(_items(path.name, head, data["items"], lines, problems))


def _items(name: str, head: Card, raw: list[Any], lines: list[int], problems: list[str]) -> Iterator[Placed]:
    for one, line in zip(raw, lines, strict=True):
        where = f"{name}:{line}"
        if isinstance(one, dict) and (given := {"card", "phase", "position"} & set(one)):
            problems.append(f"{where}: {', '.join(sorted(given))} come from the item's place, not from the item")
            continue
        try:
            item = msgspec.convert(one, Item)
        except msgspec.ValidationError as error:
            problems.append(f"{where}: {error}")
            continue
        yield where, msgspec.structs.replace(item, card=head.card, phase=head.phase)


def _read(path: Path, problems: list[str]) -> tuple[Any, list[int]]:
    """The document, and the line each item begins at."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read ({error})", path.name) from error
    try:
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise DataError(f"is no YAML: {error.problem}", f"{path.name}:{mark.line + 1 if mark else 1}") from error
    finally:
        loader.dispose()
    problems += [f"{path.name}:{line}: key {key!r} is given twice" for line, key in _repeated(node)]
    return data, _lines(node)


def _lines(node: yaml.Node | None) -> list[int]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "items" and isinstance(value, yaml.SequenceNode):
            return [item.start_mark.line + 1 for item in value.value]
    return []


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for inner in node.value:
            yield from _repeated(inner)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                yield key.start_mark.line + 1, str(key.value)
            seen.add(str(key.value))
            yield from _repeated(value)


def _problems(placed: list[Placed], checks: Container[str]) -> Iterator[str]:
    ids = [item.id for _, item in placed]
    for number, (where, item) in enumerate(placed):
        problems = [*_wording(item), *_ticking(item, checks), *_offering(item)]
        if item.id in ids[:number]:
            problems.append("its id is used twice")
        problems += [f"needs {need}, which is no item" for need in item.needs if need not in ids]
        yield from (f"{where}: {item.id}: {problem}" for problem in problems)
    yield from _cycles(placed)


def _wording(item: Item) -> Iterator[str]:
    if not _ID.fullmatch(item.id):
        yield "an id is three capitals, a dash and two digits"
    if not 0 < len(item.title) <= TITLE:
        yield f"its title has {len(item.title)} characters, 1 to {TITLE} fit"
    for field, allowed in _WORDS.items():
        if (given := getattr(item, field)) not in allowed:
            yield f"{field} {given!r} is none of {', '.join(allowed)}"
    for field in ("hold", "timebox"):
        try:
            duration(getattr(item, field))
        except ValueError as error:
            yield f"{field} {error}"


def _ticking(item: Item, checks: Container[str]) -> Iterator[str]:
    if item.kind == "attest" and item.check:
        yield "an attested item names no check"
    if item.kind in ("auto", "hybrid") and item.check not in checks:
        yield f"check {item.check!r} is not registered" if item.check else "it names no check"
    if item.kind in ("attest", "hybrid") and not item.attest:
        yield "it does not say what a person attests"
    if item.kind == "auto" and item.attest:
        yield "an automatic item has nothing to attest"


def _offering(item: Item) -> Iterator[str]:
    offer = item.action
    if not _ACTION.fullmatch(offer.id):
        yield f"action {offer.id!r} is not written noun.verb"
    if offer.danger not in ("D0", "D1", "D2", "D3"):
        yield f"danger {offer.danger!r} is none of D0, D1, D2, D3"
    if offer.danger in ("D2", "D3") and not offer.undo and offer.id not in _UNDONE_ITSELF:
        yield f"action {offer.id} names no undo (write none where there is none)"
    if offer.danger == "D3" and offer.approvals < 1:
        yield f"action {offer.id} is irreversible and wants no approval"


def _cycles(placed: Iterable[Placed]) -> Iterator[str]:
    needs = {item.id: item.needs for _, item in placed}
    where = {item.id: place for place, item in placed}
    done: set[str] = set()

    def walk(item: str, path: tuple[str, ...]) -> Iterator[str]:
        if item in path:
            yield f"{where[item]}: {item}: its needs run in a circle: {' > '.join((*path[path.index(item) :], item))}"
        elif item in needs and item not in done:
            for need in needs[item]:
                yield from walk(need, (*path, item))
            done.add(item)

    for item in needs:
        yield from walk(item, ())
