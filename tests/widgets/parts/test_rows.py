"""Rows: order, filter and cursor survive any sequence of updates, at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.ports.session import Delta, Snapshot
from console.ports.views import EntryRow
from tests.widgets.scripted import c
from widgets.parts.rows import Rows, matcher


def _row(key: str, at: float = 0.0, text: str = "") -> EntryRow:
    return EntryRow(c(key), int(at), at, c("ana"), c(text or key))


def _rows() -> Rows:
    return Rows({"at": lambda row: (row.at,), "text": lambda row: (row.text,)}, lambda row: f"{row.actor} {row.text}")


def _keys(rows: Rows) -> list[str]:
    return [rows.key_at(i) for i in range(len(rows))]


def test_a_snapshot_in_chunks_is_shown_at_once_and_ordered_when_it_is_whole() -> None:
    rows = _rows()
    rows.take(Snapshot("t", 1, (_row("b", 2), _row("c", 3)), first=True))
    assert _keys(rows) == ["b", "c"]
    assert not rows.loaded

    rows.take(Snapshot("t", 1, (_row("a", 1),), last=True))

    assert _keys(rows) == ["a", "b", "c"]
    assert rows.loaded


def test_a_new_first_chunk_forgets_what_was_there() -> None:
    rows = _rows()
    rows.take(Snapshot("t", 1, (_row("a"),), True, True))
    rows.take(Snapshot("t", 2, (_row("b"),), True, True))

    assert _keys(rows) == ["b"]


ROW = st.builds(_row, st.sampled_from("abcdefgh"), st.integers(0, 5).map(float), st.sampled_from(["x", "y", "xy"]))
DELTA = st.builds(
    lambda ups, gone: Delta("t", 2, tuple({row.key: row for row in ups}.values()), tuple(c(key) for key in gone)),
    st.lists(ROW, max_size=4),
    st.lists(st.sampled_from("abcdefgh"), max_size=2),
)


@given(st.lists(DELTA, max_size=12), st.sampled_from(["at", "text"]), st.sampled_from(["", "x", "!y"]))
def test_after_any_deltas_the_rows_are_those_that_sorting_and_filtering_afresh_gives(
    deltas: list[Delta], sort: str, pattern: str
) -> None:
    rows = _rows()
    rows.sort_by(sort)
    rows.filter(pattern)
    kept: dict[str, Any] = {}
    for delta in deltas:
        rows.take(delta)
        for key in delta.removes:
            kept.pop(key, None)
        kept |= {row.key: row for row in delta.upserts}
    match, _ = matcher(pattern)
    expected = sorted(
        (row for row in kept.values() if match is None or match(f"{row.actor} {row.text}")),
        key=lambda row: (getattr(row, sort), row.key),
    )

    assert _keys(rows) == [row.key for row in expected]
    assert [rows.index(key) for key in _keys(rows)] == list(range(len(expected)))


def test_a_filter_may_be_inverse_and_ignores_case_unless_it_has_some() -> None:
    plain, _ = matcher("web")
    inverse, _ = matcher("!web")
    exact, _ = matcher("Web")

    assert plain is not None
    assert inverse is not None
    assert exact is not None
    assert plain("shop/WEB-1")
    assert not inverse("shop/web-1")
    assert not exact("shop/web-1")


def test_a_broken_pattern_is_said_and_searched_as_text() -> None:
    match, problem = matcher("a[b")

    assert match is not None
    assert match("xa[by")
    assert "not a pattern" in problem


def test_no_pattern_takes_time_that_grows_beyond_the_text() -> None:
    match, problem = matcher("(a+)+$")

    assert match is not None
    assert not problem
    assert not match("a" * 50_000 + "b")


def test_a_count_over_all_rows_is_taken_once_an_update_and_not_once_a_key() -> None:
    rows, counted = _rows(), 0

    def count(values: Iterable[Any]) -> int:
        nonlocal counted
        counted += 1
        return len(list(values))

    for update in (Snapshot("journal", 1, (_row("a"),), True, True), Delta("journal", 2, (_row("b"),))):
        rows.take(update)
        assert [rows.told(count) for _ in range(3)] == [len(rows)] * 3
    assert counted == 2


def test_a_change_amid_a_snapshot_leaves_no_row_that_is_not_there() -> None:
    rows = _rows()
    rows.take(Snapshot("journal", 1, tuple(_row(f"a{i}", 9 - i) for i in range(4)), True, False))
    rows.take(Snapshot("journal", 1, (_row("b", 5), _row("c", 1)), False, False))
    rows.take(Delta("journal", 2, (_row("a3", 7),), (c("b"), c("a1"))))
    assert _keys(rows) == ["c", "a2", "a3", "a0"]
    assert [rows.at(i).key for i in range(len(rows))] == _keys(rows)
