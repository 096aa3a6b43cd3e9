"""The command line `:` and the palette: the same commands, the same actions, completed from what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from console.ports.session import Arm, Declare, Disarm, Mark, Note, Record
from widgets.render import heading
from widgets.theme import PALETTES

if TYPE_CHECKING:
    from console.ports.session import Ask
    from widgets.screens.room import RoomScreen

KINDS = (
    "pods", "nodes", "namespaces", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs",
    "services", "endpointslices", "ingresses", "networkpolicies", "serviceaccounts", "roles", "rolebindings",
    "clusterroles", "clusterrolebindings", "events", "configmaps", "secrets", "poddisruptionbudgets",
    "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "certificatesigningrequests",
)  # fmt: skip
_ALIASES = {
    "po": "pods", "pod": "pods", "no": "nodes", "node": "nodes", "ns": "namespaces", "deploy": "deployments",
    "rs": "replicasets", "sts": "statefulsets", "ds": "daemonsets", "cj": "cronjobs", "svc": "services",
    "ing": "ingresses", "netpol": "networkpolicies", "sa": "serviceaccounts", "crb": "clusterrolebindings",
    "rb": "rolebindings", "cr": "clusterroles", "ev": "events", "cm": "configmaps", "pdb": "poddisruptionbudgets",
    "csr": "certificatesigningrequests", "mwc": "mutatingwebhookconfigurations",
    "vwc": "validatingwebhookconfigurations", "job": "jobs",
}  # fmt: skip
_MARKS = {
    "claim": "claimed",
    "attest": "attested",
    "override": "overridden",
    "na": "n-a",
    "defer": "deferred",
    "reopen": "open",
}


class Commands:
    """What `:` understands."""

    def __init__(self, room: RoomScreen) -> None:
        self.room = room
        self.simple: dict[str, tuple[str, Callable[[str], None]]] = {
            "arm": ("REASON: this seat may write for 15 minutes", self._arm),
            "disarm": ("this seat may not write any more", lambda rest: self._send(Disarm(), "Disarmed.")),
            "declare": ("NAME: declare the incident, start its clocks", self._declare),
            "note": ("TEXT: a note to the journal", lambda rest: self._text(rest, room.action_note, Note)),
            "changes": ("what changed in the last 24 hours", lambda rest: room.action_changes()),
            "resources": ("affected resources", lambda rest: self._affected()),
            "undo": ("the register of what can be undone", lambda rest: room.action_undo()),
            "approve": ("ID: read and approve a plan that waits for a second person", self._approve),
            "login": (
                "log in to the cluster: the plugin asks here",
                lambda rest: self._login(),
            ),
            "help": ("every key and command", lambda rest: room.action_help()),
            "guide": ("the cards, one item a screen", lambda rest: room.action_walkthrough()),
            "sources": ("each source and its state", lambda rest: self._header("Sources", heading.sources)),
            "people": ("who is here", lambda rest: self._header("People", heading.here)),
            "theme": (f"NAME: {', '.join(PALETTES)}", self._theme),
            "record": ("TOPIC VALUE: state something an item asks for", self._record),
            "q": ("leave the seat; the engine goes on", lambda rest: room.action_leave()),
            "quit": ("leave the seat; the engine goes on", lambda rest: room.action_leave()),
        }
        for word, state in _MARKS.items():
            self.simple[word] = (f"REASON: the selected item is {state}", partial(self._mark, state))

    def completions(self, text: str) -> list[tuple[str, str]]:
        """(command, words) that begin with, else contain, what was typed."""
        head = text.split(" ")[0].lower()
        if " " in text:
            return []
        table = [(name, words) for name, (words, _) in self.simple.items() if name != "quit"]
        table += [(spec.id, spec.title) for spec in self.room.declared.specs if not spec.inverse_of]
        table += [(kind, f"browse every {kind}") for kind in KINDS]
        begin = [pair for pair in table if pair[0].startswith(head)]
        return begin + [pair for pair in table if head and head in pair[0] and pair not in begin]

    def run(self, text: str) -> None:
        """Do what was typed, or say what is near."""
        head, _, rest = text.strip().lstrip(":").partition(" ")
        name, rest = head.lower(), rest.strip()
        if name.rstrip("!") in self.simple:
            self.simple[name.rstrip("!")][1](rest)
        elif any(spec.id == name and not spec.inverse_of for spec in self.room.declared.specs):
            self.act(name, rest)
        elif (kind := _ALIASES.get(name, name)) in KINDS:
            self.browse(kind, rest)
        else:
            self._unknown(name, rest)

    def _unknown(self, name: str, rest: str) -> None:
        from difflib import get_close_matches

        every = [*self.simple, *(spec.id for spec in self.room.declared.specs), *KINDS]
        near = get_close_matches(name, every, 3, 0.7)
        if near or not name.isascii() or not name.isalpha():
            words = f" Did you mean {', '.join(':' + word for word in near)}?" if near else " ? lists all commands."
            self.room.say(f"There is no command :{name[:40]}.{words}", "bad")
        else:  # a custom resource: the engine knows whether the API server serves it
            self.browse(name, rest)

    # -- what they do

    def _header(self, title: str, words: Callable[..., list[tuple[str, str]]]) -> None:
        """The header's row in full; it is here already, so the engine is not asked."""
        room = self.room
        if room.header is None:
            room.say("The engine has not said yet; wait for the connection.", "warn")
            return
        room.show_text(title, words(room.header, room.look, room.seat), room.part("header").lost)

    def _approve(self, short: str) -> None:
        from widgets.screens.containing import Containment

        if self.room.too_small():
            return
        if short:
            self.room.start(Containment(self.room).second(short), "contain")
        else:
            self.room.say("Say which plan: :approve ID, with the id the first person sees.", "bad")

    def _login(self) -> None:
        from widgets.screens.signing import log_in

        self.room.start(log_in(self.room), "login")

    def _send(self, request: Ask, done: str) -> None:
        async def go() -> None:
            self.room.told(await self.room.ask(request), done)

        self.room.start(go(), "command")

    def _arm(self, reason: str) -> None:
        if reason:
            self._send(Arm(reason), "Armed for 15 minutes.")
        else:
            hint = "Why may this seat write for 15 minutes? The reason becomes the default of every plan."
            self.room.start(self.room.prompted("arm", hint, Arm), "command")

    def _declare(self, name: str) -> None:
        if name:
            self._send(Declare(name), "Declared.")
        else:
            self.room.start(self.room.prompted("declare", "Name of the incident", Declare), "command")

    def _text(self, text: str, ask: Callable[[], None], request: Callable[[str], Ask]) -> None:
        if text:
            self._send(request(text), "Recorded.")
        else:
            ask()

    def _record(self, rest: str) -> None:
        topic, _, value = rest.partition(" ")
        if value:
            self._send(Record(topic, value.strip()), "Recorded.")
        else:
            self.room.say("Say what and its value: :record t0.estimate 2026-01-01T09:12Z", "bad")

    def _mark(self, state: str, reason: str) -> None:
        row = self.room.table().hold() if self.room.pane == "checklist" else None
        if row is None:
            self.room.say("No checklist item is selected: choose one in pane 3, then write it there.", "bad")
        else:
            self._send(Mark(row.key, state, reason), f"{row.key} is {state}.")

    def _theme(self, name: str) -> None:
        if name in PALETTES:
            app: Any = self.room.app
            app.set_look(name)
        else:
            self.room.say(f"Themes are {', '.join(PALETTES)}.", "bad")

    def _affected(self) -> None:
        self.room.resources.back()
        self.room.focus_pane("resources")

    def browse(self, kind: str, namespace: str = "") -> None:
        """Every object of a kind, in pane 2."""
        topic = f"browse:{kind}" + (f":{namespace}" if namespace else "")
        self.room.open_browser(topic)

    def act(self, action: str, rest: str) -> None:
        """Plan an action on the selected row, with `name=value` or `name='two words'` parameters."""
        room = self.room
        if room.too_small():
            return
        offer = next((o for o in room.offers(room.table().row) if o.spec.id == action), None)
        from shlex import split

        try:
            words = split(rest)
        except ValueError:
            room.say(f"A quotation mark has no end in {rest[:60]}; write name='two words'.", "bad")
            return
        params = dict(word.split("=", 1) for word in words if "=" in word)
        named = [word for word in words if "=" not in word and word != "-n"]
        if len(named) > 2:
            room.say(f"One object at a time: :{action} kind/name NAMESPACE name=value.", "bad")
            return
        if offer is None and not named:
            room.say(
                f"{action} does not apply to the selected row; choose another, or write :{action} kind/name.", "bad"
            )
            return
        from widgets.screens.containing import Containment

        target = named[0] if named else offer.target if offer else ""
        namespace = named[1] if len(named) > 1 else ""
        room.start(Containment(room).plans([(action, target)], params, namespace), "contain")


def palette(room: RoomScreen, opened_from: Any) -> Iterator[Any]:
    """Entries of ctrl+p: actions on the selected row first, then commands."""
    from textual.app import SystemCommand

    if opened_from is not room:
        return  # a dialog is open: nobody sees which row is meant, nor what a command changes behind it
    commands = Commands(room)
    rows = room.table().marked
    for offer in room.offers(next(iter(rows), None)):
        keys = room.letter(offer.spec.id)
        title = f"{offer.spec.title}  {keys}".strip()
        more = f" and {len(rows) - 1} more marked" if len(rows) > 1 else ""
        # Textual reads these words as markup, and who is named in them may have chosen the name.
        words = f"{offer.spec.id} on {offer.words}{more}".replace("[", "\\[")
        yield SystemCommand(title, words, lambda offer=offer: room.act(offer))
    for name, (words, run) in commands.simple.items():
        yield SystemCommand(f":{name}", words, lambda run=run: run(""))
    for kind in KINDS[:16]:
        yield SystemCommand(f":{kind}", f"browse every {kind}", lambda kind=kind: commands.browse(kind))
