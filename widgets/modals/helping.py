"""Full-screen help, made from the list of keys and the declarations of the actions: nothing here can be out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from console.config.keymap import DEFAULTS
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.keys import shown
from widgets.parts.pages import Pages
from widgets.render.lines import Line, fit, wrap

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.config.keymap import Keymap
    from console.model.action import Param
    from widgets.screens.declared import Declared
    from widgets.theme import Look

_COMMANDS = (
    (":arm REASON", "this seat may write for 15 minutes; :disarm ends it"),
    (":declare NAME", "name the incident and start its clocks"),
    (":login", "where LOGIN NEEDED shows: the login plugin asks here, then the engine tries again"),
    (":note TEXT", "a note to the journal"),
    (":pods, :nodes, :KIND [NAMESPACE]", "browse every object of a kind in pane 2"),
    (":changes, :undo, :people, :sources", "the last 24 hours, the register, who and what is here"),
    (":ACTION-ID [name=value …]", "plan an action on the selected row; name='two words'"),
    ("ctrl+o, in a plan", "the action's parameters: others make a new plan, with an id of its own"),
    (":approve ID", "read and approve a plan that waits for a second person"),
    (":theme NAME, :q", "war-dark, projector, ansi-16, mono; leave the seat"),
)
_SIGNS = (
    ("CRIT !!  HIGH !  MED  ~  LOW  .", "severity, in words and marks"),
    ("(CRIT)  (HIGH)  (MED)  (LOW)", "acknowledged by somebody"),
    ("[ ] [>] [x] [~] [!] [?]", "open, claimed, done, proved but not attested, regressed, unknown"),
    ("[=] [-] [/] [.]", "overridden, not applicable, deferred, waits for other items"),
    ("accepted, converged, effective", "the API took it; controllers did it; it was measured. Only effective counts"),
    ("residual, unverifiable", "something is left; nothing here can tell"),
)


class Helping(Dialog[None]):
    """Shows the keys until escape."""

    BINDINGS = [Binding("escape,q,question_mark,enter", "close", show=False)]

    def __init__(self, look: Look, keymap: Keymap, declared: Declared) -> None:
        super().__init__(look)
        self.keymap, self.declared = keymap, declared

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Frame(self.look, "HELP", "tab", "every key can be remapped: [keys] in the config file")
            yield Pages(self.look, self._lines)
            yield Keys(self.look, (("esc", "back"), ("j k", "line"), ("pgdn", "page")))

    def on_mount(self) -> None:
        self.query_one(Pages).focus()

    def _lines(self, cells: int) -> list[Line]:
        out: list[Line] = []
        for group in dict.fromkeys(key.group for key in DEFAULTS):
            out.append(((group, "strong"),))
            for key in (key for key in DEFAULTS if key.group == group):
                names = " ".join(shown(name) for name in self.keymap.keys[key.id].split(","))
                out.append(((f"  {fit(names, 14, '')} ", "proved"), (key.words, "ink")))
            out.append(())
        out.append(
            (("Actions", "strong"), ("   each shows its plan first and is approved by typing the plan's id", "dim"))
        )
        for spec in self.declared.specs:
            letter = self.declared.letters.get(spec.id)
            keys = f"{shown(self.keymap.of('act.contain'))} {letter}" if letter else spec.keys
            if not letter and spec.key and not spec.leader:
                keys = shown(self.keymap.of("act.evidence"))
            if spec.inverse_of:
                keys = shown(self.keymap.of("act.undo"))
            out.append(
                (
                    (f"  {fit(keys, 5, '')} ", "proved"),
                    (fit(spec.id, 18), "strong"),
                    (f" {spec.danger}  ", "dim"),
                    (spec.title, "ink"),
                )
            )
            out += [((" " * 27 + row, "dim"),) for row in wrap(spec.help, cells - 28)]
            out += [((" " * 27 + row, "ink"),) for param in spec.params for row in wrap(_param(param), cells - 28)]
        for name, table in (("Commands", _COMMANDS), ("Signs", _SIGNS)):
            out += [(), ((name, "strong"),)]
            for left, right in table:
                for n, row in enumerate(wrap(right, cells - 37)):
                    out.append(((f"  {fit('' if n else left, 34, '')} ", "proved"), (row, "ink")))
        return out

    def action_close(self) -> None:
        self.dismiss(None)


def _param(param: Param) -> str:
    """`detach (auto, yes, no): …`, the default first."""
    first = [one for one in (param.default, *param.choices) if one]
    kind = ", ".join(dict.fromkeys(first)) or ("needed" if param.required else "not set")
    return f"{param.name} ({kind}): {param.help}"
