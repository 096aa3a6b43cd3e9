"""What the fields of an audit event are called in an index, and how they are mapped there.

In: the answer of `_field_caps`, or one of the two layouts as their makers write them. Out: columns by the event's own
field names. A field that is mapped in two ways, or cannot be searched, is none: nothing may be asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_WHOLE = frozenset({"keyword", "constant_keyword", "wildcard"})
_WORDS = frozenset({"text", "match_only_text"})
_NUMBERS = frozenset({"long", "integer", "short", "byte", "unsigned_long"})
_SINGLE = frozenset(
    ["auditID", "level", "stage", "verb", "userAgent", "requestURI", "user.username", "user.uid",
     "impersonatedUser.username", "impersonatedUser.uid", "objectRef.resource", "objectRef.namespace",
     "objectRef.name", "objectRef.uid", "objectRef.apiGroup", "objectRef.apiVersion", "objectRef.subresource",
     "responseStatus.status", "responseStatus.reason"]
)  # fmt: skip
"""Fields with one value at most: if it was too long to be indexed, the field is not there."""


class Column(msgspec.Struct, frozen=True):
    """One field of an index. Each is a name in the index, "" when it is not mapped so."""

    whole: str = ""
    """Its values as they are."""
    words: str = ""
    """Word by word."""
    number: str = ""
    single: bool = False
    nowhere: bool = False
    """No document has it: the index maps whatever it is given, and was never given this."""


_NOWHERE = Column(nowhere=True)


class Columns(msgspec.Struct, frozen=True):
    """The fields of an index, or of a layout."""

    by_field: dict[str, Column | None]
    """None for a field that is mapped, but so that nothing can be asked of it."""
    layout: Layout
    grows: bool = False
    """Whether the index maps every field that a document brings: then one that is not mapped is in none."""

    def of(self, field: str) -> Column | None:
        """How a field of the audit event is mapped; None when nothing can be asked of it."""
        if field in self.by_field:
            return self.by_field[field]
        return _NOWHERE if self.grows and not self._has_below(field) else None

    def _has_below(self, field: str) -> bool:
        return any(name.startswith(f"{field}.") for name in self.by_field)


class Layout(msgspec.Struct, frozen=True):
    """How a writer lays an audit event out in its documents."""

    name: str
    prefix: str
    """Before each field of the event."""
    dropped: tuple[str, ...] = ()
    """Parts of the event that its documents do not have."""

    def drops(self, field: str) -> str:
        """Which dropped part a field of the event lies in; "" when it is there."""
        return next((one for one in self.dropped if field == one or field.startswith(f"{one}.")), "")


RAW = Layout("raw audit events", "")
AGENT = Layout(
    "Elastic Agent", "kubernetes.audit.", ("requestObject.metadata", "responseObject.metadata")
)  # its pipeline removes them
LAYOUTS = (RAW, *(Layout(f"audit events under `{name}`", f"{name}.") for name in ("json", "log_processed")), AGENT)


def columns_of(answer: Mapping[str, Any], layout: Layout, *, grows: bool = False) -> Columns:
    """The columns of an index by the answer of `_field_caps`, asked with `include_unmapped`.

    Args:
        grows: whether all its indexes map every field that a document brings.
    """
    given = answer.get("fields")
    fields = given if isinstance(given, Mapping) else {}
    kinds = {name: _kind(kinds, grows=grows) for name, kinds in fields.items() if isinstance(kinds, Mapping)}
    found: dict[str, Column | None] = {}
    for name, kind in kinds.items():
        if name.startswith(layout.prefix):
            field = name.removeprefix(layout.prefix)
            below = f"{name}.keyword"
            column = Column(
                whole=name if kind in _WHOLE else below if kinds.get(below) in _WHOLE else "",
                words=name if kind in _WORDS else "",
                number=name if kind in _NUMBERS else "",
                single=field in _SINGLE,
            )
            found[field] = column if column.whole or column.words or column.number else None
    return Columns(found, layout, grows)


def _kind(kinds: Mapping[str, Any], *, grows: bool) -> str:
    """The one type of a field that can be searched in all indexes, "" for none."""
    known = {name: about for name, about in kinds.items() if name != "unmapped"}
    if len(known) != 1 or (len(kinds) != 1 and not grows):
        return ""
    name, about = next(iter(known.items()))
    return str(name) if isinstance(about, Mapping) and about.get("searchable") is True else ""


def raw_columns() -> Columns:
    """Events as they are, mapped as a search cluster does by itself: texts word by word, and whole up to a length."""
    names = [
        *_SINGLE,
        "user.groups",
        "impersonatedUser.groups",
        "sourceIPs",
        "annotations.authorization.k8s.io/decision",
    ]
    columns: dict[str, Column | None] = {name: Column(f"{name}.keyword", name, "", name in _SINGLE) for name in names}
    return Columns(columns | {"responseStatus.code": Column(number="responseStatus.code")}, RAW)


def agent_columns() -> Columns:
    """Events as Elastic Agent's Kubernetes integration maps them: names whole, groups and addresses word by word."""
    lone = _SINGLE - {"responseStatus.reason"}
    columns: dict[str, Column | None] = {name: Column(f"{AGENT.prefix}{name}", "", "", single=True) for name in lone}
    for name in ("user.groups", "impersonatedUser.groups", "sourceIPs", "annotations.authorization_k8s_io/decision"):
        columns[name] = Column("", f"{AGENT.prefix}{name}", "", single=False)
    return Columns(columns | {"responseStatus.code": Column(number=f"{AGENT.prefix}responseStatus.code")}, AGENT)
