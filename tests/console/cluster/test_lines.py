"""However a stream is cut into chunks, the same lines come out."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.cluster.lines import Lines


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 200)))
def test_chunks_do_not_matter(texts: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(texts)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    lines = Lines()

    found = [line for start, end in pairwise(places) for line in lines.feed(stream[start:end])]

    whole = stream.split(b"\n")[:-1]
    assert found == [line for line in whole if line.strip()]
    assert lines.dropped == 0


def test_a_line_over_the_limit_is_dropped_and_counted_and_the_next_is_whole() -> None:
    lines = Lines(limit=10)

    found = [line for chunk in (b"ok\n12345", b"67890", b"12345", b"678\nnext\n") for line in lines.feed(chunk)]

    assert found == [b"ok", b"next"]
    assert lines.dropped == 1


def test_what_is_too_long_is_not_kept() -> None:
    lines = Lines(limit=1000)

    for _ in range(1000):
        lines.feed(b"x" * 1000)

    assert sum(map(len, lines._tail)) <= 1000
