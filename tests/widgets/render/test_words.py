"""Marks: what needs a different answer from a person looks different without colour."""

from __future__ import annotations

import re

from console.model.boxes import BOXES, DONE
from widgets.modals.helping import _SIGNS
from widgets.render.words import box


def test_no_two_states_of_an_item_share_a_mark_but_the_two_ways_of_being_done() -> None:
    marks = {state: box(state)[0] for state in BOXES if state != "attested"}
    assert len(set(marks.values())) == len(marks)
    assert box("attested") == box("verified")
    assert all(box(state)[0] != box("open")[0] for state in DONE)


def test_the_help_tells_every_mark() -> None:
    told = {mark for marks, _ in _SIGNS for mark in re.findall(r"\[.\]", marks)}
    assert told == set(BOXES.values())


def test_a_state_we_do_not_know_is_no_tick() -> None:
    assert box("finished")[0] == "[?]"
