"""The form of an action's parameters, made from their declarations alone. It asks for a plan; it approves nothing.

Answers the values and the plan that the engine made of them, or None: then whatever plan there was stays as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical

from console.ports.views import Answer, PlanView, Refusal
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.choosing import Choice
from widgets.parts.field import Field
from widgets.parts.pages import Pages
from widgets.render.lines import Line, fit, width, wrap

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from console.model.action import ActionSpec, Param
    from widgets.theme import Look

_FLAG = ("false", "true")


class Filled(NamedTuple):
    """What came of the form."""

    values: dict[str, str]
    plan: PlanView


class Filling(Dialog["Filled | None"]):
    """Shows every parameter of an action, the help of the one that has the keys.

    Args:
        spec: whose parameters.
        words: the target for people.
        values: what to begin with; defaults where there is nothing.
        plan: asks the engine for a plan with these values.
        kept: whether there is a plan already that escape goes back to.
        nth: `2 of 3` when several plans follow each other.
    """

    careful = True
    BINDINGS = [
        Binding("escape", "close", show=False),
        # With priority: what is typed in one go behind the tab must reach the next field.
        Binding("tab,down", "app.focus_next", show=False, priority=True),
        Binding("shift+tab,up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(
        self,
        look: Look,
        spec: ActionSpec,
        words: str,
        values: Mapping[str, str],
        plan: Callable[[dict[str, str]], Awaitable[Answer]],
        *,
        kept: bool = False,
        nth: str = "",
    ) -> None:
        super().__init__(look)
        self.spec, self.words, self.kept, self.nth = spec, words, kept, nth
        self._plan = plan
        self._asking = False
        self.said: tuple[str, str] = ("", "ink")
        most = max(width(_label(param)) for param in spec.params)
        self._fields = [_field(look, param, most, values.get(param.name, param.default)) for param in spec.params]

    def compose(self) -> ComposeResult:
        title = f"PARAMETERS  {self.spec.id}" + (f"  {self.nth}" if self.nth else "")
        with Vertical(id="box"):
            yield Frame(self.look, title, "alert", self.words)
            yield from self._fields
            yield Pages(self.look, self._lines)
            back = "keep the plan" if self.kept else "cancel"
            keys = (("enter", "plan with these"), ("esc", back), ("tab", "next"), ("space", "choose"))
            yield Keys(self.look, keys)

    def on_mount(self) -> None:
        self.query_one(Pages).can_focus = False  # tab goes through the fields only
        self._fields[0].focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Another parameter, another help."""
        self.query_one(Pages).redraw()

    def _lines(self, cells: int) -> list[Line]:
        """The help of the focused parameter, as high as the longest one, and what was wrong."""
        helps = [self._help(param, cells) for param in self.spec.params]
        focused = next((i for i, field in enumerate(self._fields) if field.has_focus), 0)
        most = max(len(lines) for lines in helps)
        lines = [(), *helps[focused], *[()] * (most - len(helps[focused])), ()]
        text, role = self.said
        return lines + [((f" {row}", role),) for row in wrap(text, cells - 1) if text]

    def _help(self, param: Param, cells: int) -> list[Line]:
        rest = "a whole number; " if param.kind == "int" else ""
        rest += "needed" if param.required else f"default: {param.default or 'not set'}"
        return [
            *(((f" {row}", "ink"),) for row in wrap(f"{param.name}: {param.help.rstrip('.')}.", cells - 1)),
            ((f" {rest}", "dim"),),
        ]

    def on_field_entered(self) -> None:
        """Enter in a line."""
        self._submit()

    def on_choice_entered(self) -> None:
        """Enter on a choice."""
        self._submit()

    def _submit(self) -> None:
        if self._asking:
            return
        values = {param.name: field.value for param, field in zip(self.spec.params, self._fields, strict=True)}
        for param, field in zip(self.spec.params, self._fields, strict=True):
            if wrong := param.wrong(field.value):
                field.focus()
                self._say(f"{param.name} {wrong.rstrip('.')}.", "bad")
                return
        self._asking = True
        self._say("Planning: only reads are sent.", "dim")
        self.run_worker(self._ask(values), exit_on_error=True)

    async def _ask(self, values: dict[str, str]) -> None:
        answer = await self._plan(values)
        self._asking = False
        if isinstance(answer, PlanView):
            self.dismiss(Filled(values, answer))
        else:
            self._say(answer.text if isinstance(answer, Refusal) else "The engine made no plan of it.", "bad")

    def _say(self, text: str, role: str) -> None:
        self.said = (text, role)
        self.query_one(Pages).refresh(layout=True)
        self.query_one(Pages).restyle()

    def action_close(self) -> None:
        self.dismiss(None)


def _label(param: Param) -> str:
    return f"{param.name} *" if param.required else param.name


def _field(look: Look, param: Param, most: int, value: str) -> Field | Choice:
    label = fit(_label(param), most)
    if param.kind == "choice":
        return Choice(look, label, param.choices, value, id=f"param-{param.name}")
    if param.kind == "flag":
        return Choice(look, label, _FLAG, value, id=f"param-{param.name}")
    return Field(look, label, value, id=f"param-{param.name}")
