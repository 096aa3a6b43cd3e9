"""A scenario: world, everyday life, attacker and plays as data. Loaded from YAML, checked field by field.

In: the name of a shipped scenario or the path of a file. Out: frozen Structs; a mistake in the file is a `DataError`
that names file and field. Times are seconds relative to the moment the drill is opened; before it is history.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from console.errors import BadInput, DataError
from console.hygiene.documents import load_document

Body = dict[str, Any]
_T = TypeVar("_T")

_SPAN = re.compile(r"^(-?)(\d+(?:\.\d+)?)(s|m|h|d)$")
_UNIT = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An everyday user: by name and groups, or a service account."""

    ip: str
    agent: str
    user: str = ""
    groups: tuple[str, ...] = ()
    account: str = ""


class Habit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody does again and again."""

    every: float
    verb: str
    kind: str
    who: str = msgspec.field(default="", name="as")
    namespace: str = ""
    name: str = ""


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the attacker's plan."""

    id: str
    at: str
    verb: str
    """list, get, create, delete, wipe (deletecollection), review, exec or mint."""
    says: str
    key: str = msgspec.field(default="stolen", name="as")
    """Which credential he prefers; when it fails he tries the others."""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    labels: str = ""
    object: str = ""
    account: str = ""
    command: tuple[str, ...] = ()
    foothold: bool = False
    """What it creates runs his code: it is missed when it stops."""
    goal: bool = False
    """When it succeeds the responder has lost."""

    @property
    def after(self) -> float:
        """Seconds after the drill's opening (negative: history)."""
        return span(self.at)


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ip: str
    agent: str


class Stolen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: str
    secret: str


class Enemy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The attacker: what he has, what he wants, how he reacts."""

    origin: Origin
    stolen: Stolen
    patience: float
    gives_up: float
    hideouts: tuple[str, ...]
    names: tuple[str, ...]
    objects: dict[str, Body]
    moves: tuple[Move, ...]
    probe: Habit


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a scripted responder: exactly one of `wait`, `until`, `declare`, `arm`, `act`."""

    wait: str = ""
    """`finding` (any of `title`'s words) or `end`."""
    until: str = ""
    """Time since the opening."""
    declare: str = ""
    arm: str = ""
    act: str = ""
    """Id of an action, done on every object that fits `kind`, `namespace` and `name` (a pattern)."""
    title: str = ""
    most: str = "60s"
    reason: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = "*"
    skip_evidence: str = ""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole drill."""

    id: str
    title: str
    brief: str
    limit: str
    ends_after: str
    world: tuple[Body, ...]
    people: dict[str, Person]
    everyday: tuple[Habit, ...]
    attacker: Enemy
    plays: dict[str, tuple[Step, ...]]
    lessons: dict[str, str] = {}
    images: dict[str, tuple[str, ...]] = {}
    works: dict[str, float] = {}


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every cluster has."""

    objects: tuple[Body, ...]
    nodes: dict[str, str]
    controllers: dict[str, tuple[Body, ...]]


def span(text: str) -> float:
    """Seconds of `-14m`, `90s`. Raises `BadInput`."""
    found = _SPAN.match(text)
    if found is None:
        raise BadInput(f"{text!r} is no span of time; write it as 90s, 14m or -2h.")
    return float(found[2]) * _UNIT[found[3]] * (-1 if found[1] else 1)


def shipped() -> tuple[str, ...]:
    """Names of the scenarios in this build."""
    data = files("console.drill") / "data"
    names = (each.name for each in data.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml") and name != "base.yaml"))


def load(name: str) -> Scenario:
    """A shipped scenario by name, or one from a file. Raises `BadInput` or `DataError`."""
    if name in shipped():
        return _convert((files("console.drill") / "data" / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml", Scenario)
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        raise BadInput(f"No scenario {name!r}. Shipped: {', '.join(shipped())}; or give the path of a .yaml file.")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The scenario file {name} cannot be read: {error}.") from error
    return _convert(text, name, Scenario)


def base() -> Base:
    """What every simulated cluster starts with."""
    return _convert((files("console.drill") / "data" / "base.yaml").read_text("utf-8"), "base.yaml", Base)


def _convert(text: str, where: str, shape: type[_T]) -> _T:
    try:
        found = msgspec.convert(load_document(text), shape)
    except yaml.YAMLError as error:
        raise DataError(f"This is not YAML: {' '.join(str(error).split())}.", where) from error
    except msgspec.ValidationError as error:
        raise DataError(f"{error}. Compare with a shipped scenario.", where) from error
    if isinstance(found, Scenario):
        _check(found, where)
    return found


def _check(scenario: Scenario, where: str) -> None:
    """References inside the file that a type cannot check."""
    for move in scenario.attacker.moves:
        if move.object and move.object not in scenario.attacker.objects:
            raise DataError(
                f"move {move.id} names the object {move.object!r}, which is not in attacker.objects.", where
            )
        try:
            span(move.at)
        except BadInput as error:
            raise DataError(f"move {move.id}: {error}", where) from error
    for habit in scenario.everyday:
        if habit.who not in scenario.people:
            raise DataError(f"everyday names {habit.who!r}, who is not in people.", where)
