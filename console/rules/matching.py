"""Compiles one search of a Sigma rule (`field|modifier: values`) to a function from `View` to bool.

Strings are compared without regard to case, `*` and `?` are wildcards, `\\*` is a star; `null` is absence. Modifiers:
contains, startswith, endswith, all, re, cidr, exists, lt, lte, gt, gte, cased, expand, fieldref, and count (number of
values, with lt/gt). Regular expressions run in linear time (RE2).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any

import re2

from console.errors import BadInput
from console.rules.fields import Getter, getter_of
from console.rules.placeholders import PLACEHOLDERS
from console.rules.view import View

Test = Callable[[Any], bool]
"""Of a `View`, or of what a sensor tells (`console.rules.sensed`)."""
Look = Callable[[str], Getter | None]
"""What reads a field of this name; None when there is no such field."""
ValueTest = Callable[[Any], bool]
_MODIFIERS = frozenset(
    {"contains", "startswith", "endswith", "all", "re", "cidr", "exists", "lt", "lte", "gt", "gte", "cased", "expand",
     "fieldref", "count"}
)  # fmt: skip
_LONGEST = 2 << 20
"""Characters of one value that are looked at: more than the API server takes, so that nobody can pad his way past."""
_QUIET = re2.Options()
_QUIET.log_errors = False  # who wrote a bad pattern gets a sentence with file and line, not a line of C on the terminal

_REMEMBERED, _SHORT = 256, 200
"""Values a pattern remembers, and how long they are at most: together some megabytes, whatever comes."""


def split_field(key: str) -> tuple[str, tuple[str, ...]]:
    """Field name and its modifiers. Raises BadInput for a modifier we do not have."""
    name, *modifiers = key.split("|")
    for modifier in modifiers:
        if modifier not in _MODIFIERS:
            raise BadInput(f"unknown modifier {modifier!r} of field {name}")
    return name, tuple(modifiers)


def listed(key: str, value: Any) -> list[Any]:
    """The expected values as a list, placeholders expanded."""
    values = list(value) if isinstance(value, list) else [value]
    if "expand" not in key.split("|")[1:]:
        return values
    out: list[Any] = []
    for item in values:
        name = item.strip("%") if isinstance(item, str) else ""
        if name not in PLACEHOLDERS:
            raise BadInput(f"no list called {item!r} to expand")
        out.extend(PLACEHOLDERS[name])
    return out


def compile_field(key: str, value: Any, look: Look = getter_of) -> Test:
    """The test of one field. Raises BadInput for an unknown field, a bad pattern or a value that cannot be meant."""
    name, modifiers = split_field(key)
    get = look(name)
    if get is None:
        raise BadInput(f"unknown field {name!r}")
    values = listed(key, value)
    if "exists" in modifiers:
        wanted = bool(values[0])
        return lambda view: (len(get(view)) > 0) is wanted
    if "fieldref" in modifiers:
        return _same_as(get, [str(item) for item in values], look)
    if "count" in modifiers:
        tests = [_value_test(item, tuple(m for m in modifiers if m != "count")) for item in values]
        return lambda view: any(test(len(get(view))) for test in tests)
    if "all" in modifiers:
        return _all(get, [_value_test(item, modifiers) for item in values])
    return _any(get, values, modifiers)


def _same_as(get: Getter, names: list[str], look: Look) -> Test:
    others = [look(name) for name in names]
    if None in others:
        raise BadInput(f"fieldref names an unknown field: {', '.join(names)}")

    def test(view: View) -> bool:
        mine = get(view)
        return any(value in mine for other in others if other is not None for value in other(view))

    return test


def _all(get: Getter, tests: list[ValueTest]) -> Test:
    def test(view: View) -> bool:
        found = get(view)
        return all(any(check(value) for value in found) for check in tests)

    return test


def _any(get: Getter, values: Sequence[Any], modifiers: tuple[str, ...]) -> Test:
    absent = None in values
    plain = frozenset(item.lower() for item in values if _is_plain(item, modifiers))
    tests = [_value_test(item, modifiers) for item in values if item is not None and not _is_plain(item, modifiers)]
    if not absent and not tests:
        return _among(get, plain)
    if not absent and not plain and len(tests) == 1:
        return _one(get, tests[0])

    def test(view: View) -> bool:
        found = get(view)
        if not found:
            return absent
        for value in found:
            if plain and isinstance(value, str) and value.lower() in plain:
                return True
            for check in tests:
                if check(value):
                    return True
        return False

    return test


def _among(get: Getter, words: frozenset[str]) -> Test:
    """The commonest test: a value is one of these words."""

    def test(view: View) -> bool:
        for value in get(view):  # noqa: SIM110 - a generator doubles the cost of the hottest loop
            if isinstance(value, str) and value.lower() in words:
                return True
        return False

    return test


def _one(get: Getter, check: ValueTest) -> Test:
    """The next commonest: one test of a value."""

    def test(view: View) -> bool:
        for value in get(view):  # noqa: SIM110 - as above
            if check(value):
                return True
        return False

    return test


def _is_plain(value: Any, modifiers: tuple[str, ...]) -> bool:
    """Whether a set of lower-case words answers this value."""
    if not isinstance(value, str) or any(modifier != "expand" for modifier in modifiers):
        return False
    return not any(sign in value for sign in "*?\\")


def _value_test(value: Any, modifiers: tuple[str, ...]) -> ValueTest:
    if "cidr" in modifiers:
        return _network(str(value))
    for name in ("lt", "lte", "gt", "gte"):
        if name in modifiers:
            return _comparison(name, value)
    if "re" in modifiers:
        return _pattern(str(value))
    if isinstance(value, bool):
        return lambda found: found is value
    if isinstance(value, (int, float)):
        return lambda found: not isinstance(found, bool) and (found == value or found == str(value))
    if not isinstance(value, str):
        raise BadInput(f"cannot compare with {value!r}")
    if not set(value) & set("*?\\") and "cased" not in modifiers:
        return _part(value.lower(), modifiers)
    return _pattern(_wildcards(value, modifiers))


def _part(part: str, modifiers: tuple[str, ...]) -> ValueTest:
    """A word without wildcards, as a beginning, an end or a part of the value, or all of it."""
    if "contains" in modifiers:
        return lambda found: isinstance(found, str) and part in found[:_LONGEST].lower()
    if "startswith" in modifiers:
        return lambda found: isinstance(found, str) and found[: len(part)].lower() == part
    if "endswith" in modifiers:
        return lambda found: isinstance(found, str) and found[-len(part) :].lower() == part
    return lambda found: isinstance(found, str) and found.lower() == part


def _pattern(text: str) -> ValueTest:
    try:
        # Of bytes: re2 would turn the place of a match into one of characters, which nobody asks for.
        search = re2.compile(text.encode(), _QUIET).search
    except re2.error as error:
        raise BadInput(f"bad pattern {text!r}: {error}") from None
    known: dict[str, bool] = {}  # the same few programs, commands and names come again and again

    def test(found: Any) -> bool:
        if not isinstance(found, str):
            return False
        held = known.get(found)
        if held is None:
            held = search(found[:_LONGEST].encode()) is not None
            if len(found) <= _SHORT:
                if len(known) >= _REMEMBERED:
                    known.clear()
                known[found] = held
        return held

    return test


def _wildcards(value: str, modifiers: tuple[str, ...]) -> str:
    """A Sigma string as a pattern for the whole value, or a part of it."""
    parts: list[str] = []
    for piece in re.findall(r"\\[*?\\]|[*?]|[^*?\\]+|\\", value):
        if piece in ("*", "?"):
            parts.append(".*" if piece == "*" else ".")
        else:
            parts.append(re2.escape(piece[1] if len(piece) == 2 and piece[0] == "\\" else piece))
    body = "".join(parts)
    start = "" if {"contains", "endswith"} & set(modifiers) else "^"
    end = "" if {"contains", "startswith"} & set(modifiers) else "$"
    return f"(?s{'' if 'cased' in modifiers else 'i'}){start}{body}{end}"


def _comparison(name: str, value: Any) -> ValueTest:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"{name} needs a number, not {value!r}")
    limit = float(value)

    def test(found: Any) -> bool:
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return False
        return {"lt": found < limit, "lte": found <= limit, "gt": found > limit, "gte": found >= limit}[name]

    return test


def _network(text: str) -> ValueTest:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadInput(f"bad network {text!r}: {error}") from None

    def test(found: Any) -> bool:
        try:
            return ipaddress.ip_address(found) in network
        except (ValueError, TypeError):
            return False

    return test
