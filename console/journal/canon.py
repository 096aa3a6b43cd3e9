"""The canonical bytes of an entry and the hash that chains it to the one before. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from console.model.entry import Entry, Record
from console.model.text import Clean

FIRST = "0" * 64
"""What the first entry names as its predecessor."""


class Body(msgspec.Struct, frozen=True):
    """What is stored and hashed of an entry; the hash itself stands beside it."""

    seq: int
    at: float
    actor: Clean
    record: Record


class Place(msgspec.Struct, frozen=True):
    """Only the number of a body, for verifying: decoding the rest would cost more than hashing it."""

    seq: int


encode = msgspec.json.Encoder(order="sorted").encode
decode = msgspec.json.Decoder(Body).decode
place = msgspec.json.Decoder(Place).decode


def link(prev: str, body: bytes) -> str:
    """The hash of an entry: sha256 over its predecessor's hash and its canonical JSON, hex."""
    return hashlib.sha256(prev.encode() + body).hexdigest()


def entry_of(body: bytes, prev: str, hash: str) -> Entry:  # noqa: A002 - the field's name
    """The entry these bytes say; raises `msgspec.DecodeError` (or ValidationError) for others."""
    stored = decode(body)
    return Entry(stored.seq, stored.at, stored.actor, stored.record, prev, hash)
