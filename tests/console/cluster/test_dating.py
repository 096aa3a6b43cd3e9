"""The server judges a client certificate by its own clock, so the words for a refused one do too."""

from __future__ import annotations

import pytest

from console.cluster.dating import certificate_note, server_time
from console.ports.cluster import Reply

NOON = 1_795_435_200.0  # 2026-11-23 12:00Z
HOUR = 3600.0


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (0.0, 0.0, ""),
        (0.0, None, ""),
        (2 * HOUR, 2 * HOUR, "its client certificate expired on 2026-11-23 13:00Z"),
        (2 * HOUR, None, "its client certificate expired on 2026-11-23 13:00Z"),
        (-2 * HOUR, -2 * HOUR, "its client certificate is valid only from 2026-11-23 11:00Z"),
        (0.0, 2 * HOUR, "expired on 2026-11-23 13:00Z, and the clocks differ: it is 2026-11-23 14:00Z there and"
                        " 2026-11-23 12:00Z here"),
        (0.0, -2 * HOUR, "valid only from 2026-11-23 11:00Z, and the clocks differ: it is 2026-11-23 10:00Z there"),
        (2 * HOUR, 0.0, ""),
    ],
    ids=["good", "good, no Date", "expired", "expired, no Date", "too early", "theirs ahead", "theirs behind",
         "expired by ours alone"],
)  # fmt: skip
def test_a_refused_certificate_is_judged_by_the_servers_clock(ours: float, theirs: float | None, words: str) -> None:
    note = certificate_note((NOON - HOUR, NOON + HOUR), NOON + ours, None if theirs is None else NOON + theirs)

    assert words in note
    assert bool(words) == bool(note)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 12:00:00 GMT", "\x00"])
def test_a_date_that_is_none_is_not_believed(date: str) -> None:
    assert server_time(Reply(200, b"", {"date": date})) is None
    assert certificate_note(None, NOON, None) == ""


def test_the_date_of_an_answer_is_read() -> None:
    assert server_time(Reply(200, b"", {"date": "Mon, 23 Nov 2026 12:00:00 GMT"})) == NOON
