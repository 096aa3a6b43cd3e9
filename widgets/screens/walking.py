"""The walkthrough's way through the items: where it is, what enter does there, where it is taken up again."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from console.model.boxes import DONE
from console.ports.session import Mark, Record
from console.ports.views import ItemRow
from widgets.messages import Moved

if TYPE_CHECKING:
    from widgets.screens.room import RoomScreen

_PROMPTS = {
    "incident.declare": ("declare", "the command line asks for a name"),
    "note.add": ("note", "a note to the journal"),
}


async def walk(room: RoomScreen) -> None:
    """Item by item until the person leaves."""
    from widgets.modals.guiding import Guiding

    if room.walking_now:
        return

    def moved(key: str) -> None:
        room.item = key
        room.post_message(Moved())

    said = ""
    room.walking_now = True
    if room.freezer.frozen:
        room.action_freeze()  # what is acted upon must be what holds now
    try:
        while items := room.part("checklist").items():
            at = _at(room, items)
            room.walking = True
            moved(items[at].key)
            room.guiding = Guiding(room.look, items, at, partial(press, room), moved, room.hush, said)
            answer = await room.app.push_screen_wait(room.guiding)
            item, room.guiding = room.guiding.item, None
            if answer in ("leave", None):
                break
            said = await _do(room, item, answer)
    finally:
        room.walking = room.walking_now = False
        room.guiding = None
        table = room.table("checklist")
        if table.rows.index(room.item) >= 0:
            table.point(table.rows.index(room.item))


def _at(room: RoomScreen, items: list[ItemRow]) -> int:
    """Where it was left, else the row under the cursor in pane 3, else what is not done."""
    for key in (room.item, room.table("checklist").sheet.cursor if room.pane == "checklist" else ""):
        found = next((i for i, item in enumerate(items) if item.key == key), -1)
        if found >= 0:
            return found
    return next((i for i, item in enumerate(items) if item.state not in DONE), 0)


def asked_record(item: ItemRow) -> str:
    """The topic an item's check asks a person to state, as its observed value names it; "" if none."""
    found = re.search(r":record ([a-z0-9][a-z0-9._-]*)", item.observed)
    return found[1].rstrip(".") if found else ""


def press(room: RoomScreen, item: ItemRow) -> str:
    """What enter does here, in words."""
    if item.state in DONE:
        return "n, this one is done"
    if any(spec.id == item.action for spec in room.declared.specs):
        count = len(room.offers(item))
        keys = room.letter(item.action)
        where = (
            f"{count} object{'' if count == 1 else 's'} to do it to" if count else "but no affected object waits for it"
        )
        return f"enter: {item.action}, {where}. The plan comes first. In the room it is {keys or ':' + item.action}."
    if topic := asked_record(item):
        return f"enter: state it, as :record {topic} would"
    if item.action in _PROMPTS:
        return f"enter: {_PROMPTS[item.action][1]}"
    if item.kind == "auto":
        without = f" ({item.action} is not in this build)" if item.action else ""
        return f"nothing: it ticks by itself once it is so{without}"
    return "enter: attest that it is so, with your reason"


async def _do(room: RoomScreen, item: ItemRow, answer: str) -> str:
    """What was chosen; the sentence to show on the next screen."""
    if answer == "do" and item.state in DONE:
        return f"Nothing to do, it is {item.state}: n goes on. In the room :reopen opens it again."
    if answer == "n-a":
        return await _mark(room, item, "n-a", "Why does this not apply here?")
    if answer == "claim":
        done = await room.ask(Mark(item.key, "claimed"))
        return "" if room.told(done) else getattr(done, "text", "")
    if any(spec.id == item.action for spec in room.declared.specs):
        return await _act(room, item)
    if topic := asked_record(item):
        answer_to = await room.prompted("record", f"{item.title}: {topic}", lambda text: Record(topic, text))
        return getattr(answer_to, "text", "") if answer_to is not None else ""
    if item.action in _PROMPTS:
        from widgets.screens.commanding import Commands

        Commands(room).run(_PROMPTS[item.action][0])
        return ""
    if item.kind == "auto":
        return "Nothing to press: it ticks by itself. o says why it does not apply, :override says why you accept it."
    return await _mark(room, item, "attested", "What did you see or do? Your name is recorded with it.")


async def _mark(room: RoomScreen, item: ItemRow, state: str, hint: str) -> str:
    answer = await room.prompted(state, f"{item.title}: {hint}", lambda text: Mark(item.key, state, text))
    return getattr(answer, "text", "") if answer is not None else ""


async def _act(room: RoomScreen, item: ItemRow) -> str:
    from widgets.modals.picking import Picking
    from widgets.screens.containing import Containment

    offers = room.offers(item)
    if not offers:
        return f"No affected object waits for {item.action}. Browse with :pods, then use the keys there."
    offer = offers[0] if len(offers) == 1 else await room.app.push_screen_wait(Picking(room.look, offers))
    if offer is not None:
        await Containment(room).plans([(offer.spec.id, offer.target)])
    return ""
