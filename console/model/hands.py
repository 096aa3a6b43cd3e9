"""Audit-IDs by which our own reads are told from everybody else's, without remembering a single one.

An id is a number that looks random and a tag of it, both derived from the incident's secret, in the shape of a random
UUID: who holds the secret recognises every id ever made with it, nobody else can tell it from another client's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

_NONCE = 8
_VERSION = 0x4000
_VARIANT = 0x8000000000000000


class ReadIds:
    """Mints and recognises the ids of one incident's reads.

    Args:
        secret: the incident's journalled secret, at least 16 bytes.
        start: first value of the counter; by default one that no earlier engine of this incident used.
    """

    def __init__(self, secret: bytes, start: int | None = None) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of read ids needs at least 16 bytes")
        self._secret = secret
        self._counter = secrets.randbits(63) if start is None else start

    def next(self) -> str:
        """An id that was not used before."""
        self._counter += 1
        number = self._digest(b"number", self._counter.to_bytes(16, "big"))
        return str(self._shape(number))

    def owns(self, audit_id: str) -> bool:
        """Whether this secret made the id; text in any other than our spelling is never ours."""
        try:
            given = uuid.UUID(audit_id)
        except ValueError:
            return False
        return str(given) == audit_id and hmac.compare_digest(self._shape(given.bytes).bytes, given.bytes)

    def _shape(self, number: bytes) -> uuid.UUID:
        """First half from the number, second half its tag; version and variant bits as a random UUID has them."""
        high = int.from_bytes(number[:_NONCE], "big") & ~0xF000 | _VERSION
        tag = self._digest(b"tag", high.to_bytes(8, "big"))
        low = int.from_bytes(tag[:8], "big") & (_VARIANT >> 1) - 1 | _VARIANT
        return uuid.UUID(int=high << 64 | low)

    def _digest(self, use: bytes, value: bytes) -> bytes:
        return hmac.digest(self._secret, use + value, hashlib.sha256)
