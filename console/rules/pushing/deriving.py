"""Derived fields of rules as conditions over what an index has: who called, with what, how it ended.

In: the values a rule wants. Out: bounds. `view`, `callers` and `agents` say what the fields are; a change there needs
one here (a differential test against a search cluster holds both together). A field that is not here, or that rests on
a body, is unknown: it is judged when the events have come back.

A request is judged by the first of its stages that any rule may match. So that this stage comes back with the later
ones, whatever a stage may change (status, decision) is let pass at `ResponseStarted`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from console.model.glimpse import DECISION
from console.rules.agents import PATTERNS, PEOPLES
from console.rules.callers import CONTROLLER_ACCOUNTS
from console.rules.pushing.asking import Asker
from console.rules.pushing.patterns import ANY, literal, of_pattern, packed, words
from console.rules.pushing.trees import NEVER, UNKNOWN, Atom, Bounds, all_, every, no, not_, some, some_

_USER, _AGENT, _CODE = "user.username", "userAgent", "responseStatus.code"
_ACTING = ("impersonatedUser.username", "impersonatedUser.groups", "impersonatedUser.uid")
_WRITES = ("create", "update", "patch", "delete", "deletecollection")
_SYSTEM = literal("system:", cased=True)
_ACCOUNT = literal("system:serviceaccount:", cased=True)
_CONTROL = (
    "system:kube-controller-manager", "system:kube-scheduler", "system:cloud-controller-manager",
    "cloud-controller-manager",
)  # fmt: skip
SAME_AS = {
    "who.user": _USER, "who.as": "impersonatedUser.username", "who.agent": _AGENT, "who.groups": "user.groups",
    "who.as-groups": "impersonatedUser.groups", "who.ips": "sourceIPs", "code": _CODE,
}  # fmt: skip
"""Derived fields that are others by another name."""


def _starting(asker: Asker) -> Bounds:
    """Whether it is the stage at which a long request begins."""
    return asker.among("stage", ["ResponseStarted"])


def _settled(asker: Asker, bounds: Bounds) -> Bounds:
    """The bounds of something that a later stage may change."""
    starting = _starting(asker)
    return Bounds(some([bounds.upper, starting.upper]), every([bounds.lower, no(starting.upper)]))


def code(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """The status of the answer."""
    compared = next((one for one in ("lt", "lte", "gt", "gte") if one in modifiers), "")
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in values) or set(modifiers) - {compared}:
        return UNKNOWN
    return _settled(asker, some_(asker.number(_CODE, compared, one) for one in values))


def _outcome(asker: Asker, value: str) -> Bounds:
    failed = asker.number(_CODE, "gte", 400)
    if value == "ok":
        return Bounds(no(failed.lower), False)
    if value == "failed":
        return Bounds(failed.upper, False)
    if value == "unauthenticated":
        return asker.number(_CODE, "", 401)
    if value == "denied":
        return some_([asker.number(_CODE, "", 403), _forbidden(asker)])
    if value == "rehearsed":
        uri = asker.values("requestURI", ["dryRun="], ["contains"])
        return Bounds(every([asker.among("verb", _WRITES).upper, uri.upper]), False)
    return NEVER  # an event without an answer is not judged


def _forbidden(asker: Asker) -> Bounds:
    """Whether the authorizer said no. Shippers rename the annotation; it is read by its own name only."""
    for name in (DECISION, DECISION.replace(".", "_")):
        if f"annotations.{name}" in asker.columns.by_field:
            return Bounds(asker.among(f"annotations.{name}", ["forbid"]).upper, False)
    return Bounds(asker.among(f"annotations.{DECISION}", ["forbid"]).upper, False)


def outcome(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """How it ended."""
    return _settled(asker, some_(_outcome(asker, str(one).lower()) for one in values))


def _begins(asker: Asker, expression: str) -> Bounds:
    return asker.expressions(_USER, [f"{expression}{ANY}"])


def _is(asker: Asker, names: Sequence[str]) -> Bounds:
    return asker.expressions(_USER, words(names, cased=True), short=True)


def _kind(asker: Asker, kind: str) -> Bounds:
    controllers = asker.expressions(_USER, words(CONTROLLER_ACCOUNTS_SORTED, cased=True, before=_OF_SYSTEM), short=True)
    if kind == "none":
        return Bounds(no(asker.some_value(_USER).lower), False)
    if kind == "account":
        return all_([_begins(asker, _ACCOUNT), not_(controllers)])
    if kind == "controller":
        return some_([controllers, _is(asker, _CONTROL)])
    if kind == "node":
        return _begins(asker, literal("system:node:", cased=True))
    if kind in ("apiserver", "anonymous"):
        return _is(asker, [f"system:{kind}"])
    if kind == "system":
        known = [_begins(asker, _ACCOUNT), _begins(asker, literal("system:node:", cased=True))]
        return all_([_begins(asker, _SYSTEM), not_(some_([*known, _is(asker, _CONTROL)])), _not_special(asker)])
    if kind == "person":
        bounds = all_([not_(_begins(asker, _SYSTEM)), not_(_is(asker, _CONTROL))])
        return Bounds(bounds.upper, False)  # on a cloud's own cluster some are the provider's
    return UNKNOWN


def _not_special(asker: Asker) -> Bounds:
    return not_(_is(asker, ["system:apiserver", "system:anonymous"]))


_OF_SYSTEM = literal("system:serviceaccount:kube-system:", cased=True)
CONTROLLER_ACCOUNTS_SORTED = sorted(CONTROLLER_ACCOUNTS)


def kind(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """What kind of caller."""
    return some_(_kind(asker, str(one).lower()) for one in values)


def tool(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """Which program, as it says."""
    return some_(_tool(asker, str(one).lower()) for one in values)


def _tool(asker: Asker, name: str) -> Bounds:
    if name == "none":
        return Bounds(no(asker.some_value(_AGENT).lower), False)
    if name == "kubectl":
        found = packed([literal(one, cased=True) for one in PEOPLES], after=ANY)
        return Bounds(asker.expressions(_AGENT, found).upper, False)
    pattern = PATTERNS.get(name)
    expressions = of_pattern(pattern) if pattern else None
    return UNKNOWN if expressions is None else Bounds(asker.expressions(_AGENT, expressions).upper, False)


def impersonating(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """Whether the caller acted as somebody else."""
    columns = {field: asker.columns.of(field) for field in _ACTING}
    if any(column is None for column in columns.values()):
        asker.missing["impersonatedUser"] = None
        acting = UNKNOWN
    else:
        named = [
            Atom(f"{field}:text" if column.words else field, "exists", True)
            for field, column in columns.items()
            if column is not None and not column.nowhere
        ]
        acting = Bounds(some(named), some(named))
    return some_(acting if one is True else not_(acting) for one in values)


def target_name(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """The name of the target; of a creation it may stand in the body alone."""
    named, some_name = asker.values("objectRef.name", values, modifiers), asker.some_value("objectRef.name")
    return Bounds(some([named.upper, no(some_name.lower)]), False if None in values else named.lower)


def _plain(values: Sequence[Any]) -> bool:
    return all(isinstance(one, str) and one.isascii() and not set(one) & set("*?\\") for one in values)


def account(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """The name of a service account."""
    if "exists" in modifiers:
        bounds = _begins(asker, _ACCOUNT)
        return Bounds(bounds.upper, False) if values[0] else Bounds(True, False)
    if modifiers or not _plain(values):
        return UNKNOWN
    before = f"{_ACCOUNT}[^:]*:"
    return Bounds(asker.expressions(_USER, words(map(str, values), before=before)).upper, False)


def account_namespace(asker: Asker, values: Sequence[Any], modifiers: Sequence[str]) -> Bounds:
    """The namespace of a service account."""
    if modifiers or not _plain(values):
        return UNKNOWN
    found = [f"{one}:{ANY}" for one in words(map(str, values), before=_ACCOUNT)]
    return Bounds(asker.expressions(_USER, found).upper, False)


Derived = Callable[[Asker, Sequence[Any], Sequence[str]], Bounds]
DERIVED: dict[str, Derived] = {
    "responseStatus.code": code,
    "outcome": outcome,
    "who.kind": kind,
    "who.tool": tool,
    "who.impersonating": impersonating,
    "who.account": account,
    "who.namespace": account_namespace,
    "target.name": target_name,
}
"""What is known of derived fields."""
