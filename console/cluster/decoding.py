"""API JSON into pruned Structs: pages of a list and lines of a watch, one decoder for each kind.

A strange object must neither hide nor end the watch: what does not decode as its kind is tried again without nulls,
and at last as bare metadata. What is not even that raises `Garbage`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from console.cluster.slimming import slim
from console.errors import Unreachable
from console.model.objects import TYPES, Metadata, Obj

_FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_LINE_HEAD = 160
"""Bytes of a watch line in which the API server writes type and kind."""

T = TypeVar("T")


class Garbage(Unreachable):
    """Bytes that are no Kubernetes answer; what was read before them holds."""


class ListMeta(msgspec.Struct, rename={"resource_version": "resourceVersion", "next": "continue"}):
    resource_version: str = ""
    next: str = ""


class Page(msgspec.Struct):
    """One page of a list; items are decoded one by one."""

    kind: str = ""
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[msgspec.Raw] | None = None


class _Line(msgspec.Struct, Generic[T]):
    type: str
    object: T


class StatusObject(msgspec.Struct):
    """The object of an ERROR line, or of a bookmark."""

    kind: str = ""
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    code: int = 0
    reason: str = ""
    message: str = ""


class Change(msgspec.Struct, frozen=True):
    """One line of a watch."""

    type: str
    """`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`, or what the server made up."""
    object: Obj | None = None
    status: StatusObject | None = None
    """For bookmarks and errors."""


_PAGE = msgspec.json.Decoder(Page)
_RAW_LINE = msgspec.json.Decoder(_Line[msgspec.Raw])
_STATUS = msgspec.json.Decoder(StatusObject)
_ANY = msgspec.json.Decoder()


class KindDecoder:
    """Decodes one kind.

    Args:
        kind: as `console.model.ref.KINDS` spells it.
        wire_kind: the kind the server writes (`PartialObjectMetadata` for metadata-only watches).
    """

    def __init__(self, kind: str, wire_kind: str = "") -> None:
        self.type = TYPES.get(kind, Obj)
        self.strange = 0
        """Objects that were not as their kind should be, and are kept as far as they could be read."""
        self._list_kind = f"{wire_kind or kind}List"
        self._mark = f'"kind":"{wire_kind or kind}"'.encode()
        self._object, self._line = _decoders(self.type)

    def page(self, body: bytes) -> Page:
        """A list page. Raises `Garbage`."""
        try:
            page = _PAGE.decode(body)
        except _FAILURES as error:
            raise Garbage(f"The API server's list is not readable: {error}.") from error
        if page.kind != self._list_kind:
            raise Garbage(f"The API server sent {page.kind[:60] or 'no kind'} where {self._list_kind} was asked for.")
        return page

    def item(self, raw: msgspec.Raw | bytes) -> Obj:
        """One object, slim. Raises `Garbage`."""
        try:
            return slim(self._object.decode(raw))
        except _FAILURES:
            return self._rescued(raw)

    def change(self, line: bytes) -> Change:
        """One line of a watch. Raises `Garbage`."""
        if self._mark in line[:_LINE_HEAD]:
            try:
                decoded = self._line.decode(line)
            except _FAILURES:
                return self._slow(line)
            if decoded.type not in ("BOOKMARK", "ERROR"):
                return Change(decoded.type, slim(decoded.object))
        return self._slow(line)

    def _slow(self, line: bytes) -> Change:
        try:
            decoded = _RAW_LINE.decode(line)
            status = _STATUS.decode(decoded.object)
        except _FAILURES as error:
            raise Garbage(f"A line of the API server's watch is not readable: {error}.") from error
        if decoded.type in ("BOOKMARK", "ERROR"):
            return Change(decoded.type, status=status)
        if f"{status.kind}List" != self._list_kind:
            return Change(f"wrong kind {status.kind[:60]}")
        return Change(decoded.type, self.item(decoded.object))

    def _rescued(self, raw: msgspec.Raw | bytes) -> Obj:
        self.strange += 1
        try:
            value = _without_null(_ANY.decode(raw))
        except _FAILURES as error:
            raise Garbage(f"An object in the API server's answer is not readable: {error}.") from error
        for shape in (value, {"metadata": value.get("metadata")} if isinstance(value, dict) else None):
            try:
                return slim(msgspec.convert(shape, self.type, strict=False))
            except (msgspec.ValidationError, RecursionError):
                continue
        return slim(self.type(metadata=_bare(value)))


@lru_cache(maxsize=64)
def _decoders(kind: type[Obj]) -> tuple[msgspec.json.Decoder[Obj], msgspec.json.Decoder[_Line[Obj]]]:
    return msgspec.json.Decoder(kind), msgspec.json.Decoder(_Line[kind])  # type: ignore[valid-type]


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_null(inner) for inner in value if inner is not None]
    return value


def _bare(value: Any) -> Metadata:
    """Name and version of an object whose metadata is strange too."""
    found = value.get("metadata") if isinstance(value, dict) else None
    fields = found if isinstance(found, dict) else {}

    def text(name: str) -> str:
        return inner if isinstance(inner := fields.get(name), str) else ""

    if not text("name"):
        raise Garbage("An object in the API server's answer has no name.")
    return Metadata(
        name=text("name"), namespace=text("namespace"), uid=text("uid"), resource_version=text("resourceVersion")
    )
