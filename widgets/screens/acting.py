"""What the keys of the room do beyond moving: reading, recording, containing. Dialogs are imported when first needed.

Everything here ends in a request to the engine or in a sentence that says why not; the engine decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from console.ports.session import Acknowledge, Detail, Note
from console.ports.views import Done, FindingRow, ItemRow, ObjectRow, Refusal, TextView

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from console.ports.views import Answer, Row
    from widgets.render.offers import Offer
    from widgets.screens.room import RoomScreen

_TOPICS = {"activity": "findings", "checklist": "checklist", "journal": "journal"}


class Acting:
    """Mixed into `RoomScreen`."""

    def _room(self) -> RoomScreen:
        return cast("RoomScreen", self)

    def start(self, work: Any, name: str) -> None:
        """Run a conversation with the engine beside the screen."""
        self._room().run_worker(work, name=name, group=name, exit_on_error=True)

    def topic(self) -> str:
        """Topic of the row under the cursor."""
        room = self._room()
        if room.pane != "resources":
            return _TOPICS[room.pane]
        pane = room.resources
        return pane.topic or ("changes" if pane.sheet is pane.changes else "resources")

    def told(self, answer: Answer, done: str = "") -> bool:
        """Say what the engine answered; True if it did it."""
        room = self._room()
        if isinstance(answer, Refusal):
            room.say(answer.text, "bad")
            return False
        if isinstance(answer, Done):
            room.say(answer.text or done)
        return True

    # -- reading

    def action_read(self, what: str) -> None:
        """Detail, manifest, logs or timeline of the row."""
        row = self._room().table().hold()
        if row is None:
            return
        self.start(self.read(self.topic(), row.key, what), "read")

    async def read(self, topic: str, key: str, what: str) -> None:
        room = self._room()
        room.say(f"Reading {what} …" if not room.look.ascii_only else f"Reading {what} ...", "dim")
        room.reading = wish = Detail(topic, key, what)
        answer = await room.ask(wish)
        if room.reading is not wish:
            return  # asked twice, or for something else since
        if room.busy:
            room.say(f"{what.capitalize()} came while something else was open: ask again.", "warn")
        elif isinstance(answer, TextView):
            from widgets.modals.reading import Reading

            room.say("")
            room.app.push_screen(Reading(room.look, answer))
        else:
            self.told(answer)

    def show_text(self, title: str, lines: list[tuple[str, str]], note: str = "") -> None:
        """A text made here, of what the engine has sent already."""
        from console.hygiene.exporting import known_safe
        from widgets.modals.reading import Reading

        room = self._room()
        clean = tuple((known_safe(label), known_safe(text)) for label, text in lines)
        room.app.push_screen(Reading(room.look, TextView(known_safe(title), clean, known_safe(note))))

    def action_copy(self) -> None:
        """Copy a brief: the engine writes it, redacted."""
        row = self._room().table().hold()
        if row is not None:
            self.start(self._copy(self.topic(), row.key), "copy")

    async def _copy(self, topic: str, key: str) -> None:
        room = self._room()
        answer = await room.ask(Detail(topic, key, "brief"))
        if not isinstance(answer, TextView):
            self.told(answer)
            return
        text = "\n".join(f"{label}: {value}" if label else value for label, value in answer.lines)
        room.app.copy_to_clipboard(text)
        room.say(f"Copied {len(text.encode())} bytes, redacted (OSC 52: your terminal may ask or ignore it).")

    def action_help(self) -> None:
        from widgets.modals.helping import Helping

        room = self._room()
        room.app.push_screen(Helping(room.look, room.keymap, room.declared))

    def action_filter(self) -> None:
        from widgets.parts.prompt import Prompt

        room = self._room()
        table = room.table()

        def chosen(pattern: str | None) -> None:
            if pattern is not None:
                table.filter(pattern)

        hint = "filter (! in front: rows that do not match; empty: all)"
        Prompt(room.look, "/", hint, chosen, table.rows.pattern).open(room)

    # -- recording

    def action_acknowledge(self) -> None:
        room = self._room()
        table = room.table()
        rows = [row for row in table.marked if isinstance(row, FindingRow)]
        if not rows:
            room.say(f"{room.look.key('row.acknowledge')} acknowledges findings: choose one in pane 1.")
            return
        if table.slipped and not table.sheet.marks:
            table.hold()
            room.say("Another row came under the cursor just now: look at it, then press the key again.", "warn")
            return
        self.start(self._acknowledge([row.key for row in rows], table.sheet.marks), "acknowledge")

    async def _acknowledge(self, keys: list[str], marks: set[str]) -> None:
        for key in keys:
            if not self.told(await self._room().ask(Acknowledge(key)), "Acknowledged."):
                return
            marks.discard(key)

    def action_note(self) -> None:
        row = self._room().table().hold()
        self.start(self.prompted("note", "Note to the journal, about the selected row", _note(row)), "note")

    def prompted(self, name: str, hint: str, request: Any, value: str = "") -> Coroutine[Any, Any, Answer | None]:
        """Ask the person for a line, send what `request` makes of it. The prompt has the keys at once."""
        from widgets.parts.prompt import ask_line

        room = self._room()
        value = room.refused.pop((name, hint), value)
        line = ask_line(room, room.look, f"{name}: ", hint, value)
        return self._prompted((name, hint), line, request)

    async def _prompted(self, asked: tuple[str, str], line: Awaitable[str | None], request: Any) -> Answer | None:
        room = self._room()
        text = await line
        if not text:
            return None
        answer = await room.ask(request(text))
        if not self.told(answer, f"{asked[0].capitalize()} recorded."):
            room.refused[asked] = text
        return answer

    # -- containing

    def too_small(self) -> bool:
        """Containment needs a window in which a plan can be read."""
        if self._room().size_class == "small":
            self._room().say("Window too small to read a plan: enlarge it to 60x15 first.", "bad")
            return True
        return False

    def action_contain(self) -> None:
        """The leader: show the letters of what this row offers."""
        room = self._room()
        if self.too_small():
            return
        room.table().hold()
        row = next(iter(room.table().marked), None)
        found = [offer for offer in room.offers(row) if offer.spec.id in room.declared.letters]
        if not found:
            room.say(self._nothing_offered(row), "warn")
            return
        from widgets.parts.letters import Letters

        letters: dict[str, Offer] = {}
        for offer in found:
            letters.setdefault(room.declared.letters[offer.spec.id], offer)
        Letters(room.look, letters, self._chosen, len(room.table().marked)).open(room)

    def _nothing_offered(self, row: Row | None) -> str:
        if row is None:
            return "Nothing is selected, so there is nothing to contain. :pods browses the cluster."
        if isinstance(row, ItemRow):
            return (
                f"No affected object waits for {row.action}."
                if row.action
                else f"This item has no action: {self._room().look.key('room.walkthrough')} explains it."
            )
        kind = getattr(row, "kind", "") or self._room().resources.kind
        return f"No action in this build contains a {kind or 'row of this pane'}; choose an object in pane 2."

    def _chosen(self, offer: Offer | None) -> None:
        if offer is not None:
            self.act(offer)

    def act(self, offer: Offer) -> None:
        """Plan an action on every marked row that offers it, else on this one."""
        room = self._room()
        if self.too_small():
            return
        sheet = room.table().sheet
        rows = room.table().marked if sheet.marks else []
        offers = [o for row in rows for o in room.offers(row) if o.spec.id == offer.spec.id] or [offer]
        self.start(self._plans([(o.spec.id, o.target) for o in offers], sheet.marks), "contain")

    async def _plans(self, wanted: list[tuple[str, str]], marks: set[str]) -> None:
        from widgets.screens.containing import Containment

        if await Containment(self._room()).plans(wanted):
            marks.clear()
            self._room().table().redraw()

    def action_evidence(self) -> None:
        """Collect evidence of the row: read-only, so it runs without a dialog."""
        room = self._room()
        if self.too_small():
            return
        row = room.table().hold()
        offer = next((o for o in room.offers(row) if o.spec.key == "e" and not o.spec.leader), None)
        if offer is None:
            room.say("Evidence is taken of pods: choose one, or a finding on one.", "warn")
            return
        self.act(offer)

    def action_undo(self) -> None:
        """Open the register of what can be undone; it does nothing by itself."""
        from widgets.modals.undoing import Undoing

        room = self._room()
        if self.too_small():
            return

        def chosen(digest: str | None) -> None:
            room.register = None
            if digest:
                from widgets.screens.containing import Containment

                self.start(Containment(room).undo(digest), "contain")

        room.register = Undoing(room.look, list(room.undo_rows.values()), room.undo_known)
        room.app.push_screen(room.register, chosen)

    def action_walkthrough(self) -> None:
        """The cards, one item a screen."""
        from widgets.screens.walking import walk

        self.start(walk(self._room()), "walk")

    def action_use_leader(self) -> None:
        key = self._room().look.key("act.contain")
        self._room().say(f"Nothing was done. Containment starts with {key}, and every plan is shown first.", "warn")

    # -- commands

    def action_command(self) -> None:
        from widgets.parts.prompt import Prompt
        from widgets.screens.commanding import Commands

        room = self._room()
        room.table().hold()
        commands = Commands(room)

        def chosen(text: str | None) -> None:
            if text:
                commands.run(text)

        Prompt(room.look, ":", "command", chosen, "", commands.completions).open(room)

    def action_leave(self) -> None:
        """Leave the seat; the engine goes on."""
        self._room().app.exit()


def _note(row: Row | None) -> Any:
    about = row.key if row is not None and not isinstance(row, ObjectRow) else ""
    return lambda text: Note(text, about)
