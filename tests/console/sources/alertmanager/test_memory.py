"""What was told is known again, also by the next engine, and the memory does not grow."""

from __future__ import annotations

import pytest

from console.sources.alertmanager import memory
from console.sources.alertmanager.memory import Mark, Memory, parse_mark


def test_each_is_new_once_also_after_a_restart() -> None:
    first = Memory()
    assert [first.new("a", "t1"), first.new("a", "t1"), first.new("a", "t2"), first.new("a\0t1")] == [
        True, False, True, False,
    ]  # fmt: skip
    again = Memory(first.all())
    assert [again.new("a", "t2"), again.new("b", "t2")] == [False, True]


def test_what_was_listed_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", 3)
    one = Memory()
    for name in "abcad":
        one.new(name)
    assert len(one.all()) == 3
    assert not one.new("a"), "it was listed again after b and c"
    assert one.new("b")


@pytest.mark.parametrize("text", ["", "x", "[]", '{"told": 7}', '{"told": [1]}', "null"])
def test_what_is_no_position_is_an_empty_one(text: str) -> None:
    assert parse_mark(text) == Mark()
