"""A journal as JSON lines, one entry a line, with the chain in it: whoever has the file can verify it alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from console.journal import canon
from console.model.entry import Entry
from console.ports.journal import ChainReport

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Entry).decode


def lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Each entry as canonical JSON with `prev` and `hash`, ending in a newline."""
    for entry in entries:
        yield _encode(entry) + b"\n"


def verify_lines(exported: Iterable[bytes]) -> ChainReport:
    """Check an exported journal: every hash, every link, no hole."""
    prev, count = canon.FIRST, 0
    for line in exported:
        if not line.strip():
            continue
        try:
            entry = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return ChainReport(count, prev, f"line {count + 1} cannot be read: {error}")
        body = canon.encode(canon.Body(entry.seq, entry.at, entry.actor, entry.record))
        wanted = canon.link(prev, body)
        if entry.seq != count + 1:
            return ChainReport(count, prev, f"entry {count + 1} is missing")
        if entry.prev != prev or entry.hash != wanted:
            return ChainReport(count, prev, f"entry {entry.seq} was altered")
        prev, count = entry.hash, entry.seq
    return ChainReport(count, prev)
