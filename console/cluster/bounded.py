"""Reads an answer's body within a limit, inflated or not: a hostile server must not fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from console.errors import Unreachable

MAX_BODY = 64 << 20
"""Bytes of one answer after inflation."""

_PIECE = 1 << 20


class OverLimit(Unreachable):
    """The answer is longer than we read; asking for less may help."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body.

    Raises:
        OverLimit: it is longer than `limit`.
        Unreachable: it is compressed in a way we did not ask for, or damaged.
    """
    parts: list[bytes] = []
    size = 0
    async for part in _inflated(chunks, encoding):
        size += len(part)
        if size > limit:
            raise OverLimit(f"The API server's answer is longer than {limit >> 20} MiB; it was not read further.")
        parts.append(part)
    return b"".join(parts)


async def _inflated(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    if encoding in ("", "identity"):
        async for chunk in chunks:
            yield chunk
    elif encoding == "gzip":
        inflater = zlib.decompressobj(wbits=31)
        async for chunk in chunks:
            while chunk:
                try:
                    yield inflater.decompress(chunk, _PIECE)
                except zlib.error as error:
                    raise Unreachable(f"The API server's answer is damaged: {error}.") from error
                chunk = inflater.unconsumed_tail
        if not inflater.eof:
            raise Unreachable("The API server's answer ended in the middle.")
    else:
        raise Unreachable(f"The API server's answer has the encoding {encoding!r}, which was not asked for.")
