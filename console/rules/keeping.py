"""The record behind a finding, small enough to keep thousands of: whole, or without its bodies, but always whole JSON.

A record cut in the middle could not be redacted by structure any more: a Secret's values would be text among text.
"""

from __future__ import annotations

import msgspec

LIMIT = 64 * 1024
_BODIES = ("requestObject", "responseObject", "annotations", "protoPayload", "properties", "log", "message")
"""What is left out of a large record, the next one only when it is still too large."""
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError)


def kept(record: bytes, limit: int = LIMIT) -> bytes:
    """`record` if it is small, else as much of it as fits, as JSON; b"" when nothing of it does."""
    if len(record) <= limit:
        return record
    try:
        parts = _decode(record)
    except _FAULTS:
        return b""
    for name in _BODIES:
        if name in parts:
            parts[name] = msgspec.Raw(msgspec.json.encode(f"{len(bytes(parts[name]))} bytes, left out here"))
            if len(shorter := msgspec.json.encode(parts)) <= limit:
                return shorter
    return b""
