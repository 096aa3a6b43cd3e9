"""The plan dialog. A plan is approved by typing its short id and in no other way; enter and escape cancel.

Answers an `Approve` request, `Changing` when the plan shall have other parameters, or None. Nothing is sent from here,
and keys pressed before the dialog was seen do nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical

from console.ports.session import Approve
from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.canvas import Canvas
from widgets.parts.field import Field
from widgets.parts.pages import Pages
from widgets.render.ages import minute
from widgets.render.lines import Line
from widgets.render.places import size_name
from widgets.render.plans import plan as words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult

    from console.ports.views import PlanView
    from widgets.theme import Look

_SCROLL = {"down": "line", "up": "back", "pagedown": "page", "pageup": "page_back", "home": "top", "end": "bottom"}


class Approval(Canvas, can_focus=True):
    """Cancel, and the place where the short id is typed. Has the keys from the start."""

    def __init__(self, look: Look, id: str, blocked: str) -> None:  # noqa: A002
        super().__init__(look, id="approval")
        self.short, self.blocked = id, blocked
        self.typed = ""

    def line(self, y: int, width: int, height: int) -> Line:
        cancel: Line = ((" Cancel ", "tab" if self.has_focus else "key"), ("  ", "ink"))
        if self.blocked:
            return (*cancel, (self.blocked, "bad"))
        rest = "_" * (len(self.short) - len(self.typed))
        return (
            *cancel,
            ("type ", "dim"),
            (self.short, "alert"),
            (" to approve  ", "dim"),
            (self.typed + rest, "strong"),
        )

    def watch_has_focus(self, has_focus: bool) -> None:
        """The one that has the keys stands out."""
        super().watch_has_focus(has_focus)
        self.redraw()


class Changing(NamedTuple):
    """The person wants other parameters: another plan, to be approved by itself."""

    typed: dict[str, str]
    """What the fields of the dialog held, for the next one."""


class Planning(Dialog["Approve | Changing | None"]):
    """Shows a plan.

    Args:
        plan: what will be done.
        armed: whether this seat may write now.
        nth: `2 of 3` when several plans follow each other.
        alone: nobody else is here who could approve too.
        changeable: whether its action has parameters that may be set here.
        typed: what the fields held in the dialog before, by id.
    """

    careful = True
    BINDINGS = [
        Binding("escape", "cancel", show=False),
        # With priority: what is typed in one go behind the tab must reach the next field, and not the id.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("ctrl+o", "change", show=False),
    ]

    def __init__(
        self,
        look: Look,
        plan: PlanView,
        armed: bool,
        nth: str = "",
        alone: bool = True,
        *,
        changeable: bool = False,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(look)
        self.changeable, self.typed = changeable, typed or {}
        self.add_class("-danger" if plan.danger == "D3" else "-alert")
        self.plan, self.armed, self.nth = plan, armed, nth
        self.alone = alone
        self.failed = ""

    def compose(self) -> ComposeResult:
        plan, look = self.plan, self.look
        title = f"PLAN {plan.id}  {plan.cluster}" + (f"  {self.nth}" if self.nth else "")
        note = (
            f"live state, not frozen; kept until {minute(plan.expires)}" if plan.expires else "live state, not frozen"
        )
        with Vertical(id="box"):
            yield Frame(look, title, "danger" if plan.danger == "D3" else "alert", note)
            yield Pages(look, lambda cells: words(plan, look, cells, self.changeable))
            for name, label, value in self._fields():
                yield Field(look, label, self.typed.get(name, value), id=name)
            yield Approval(look, plan.id, self._blocked())
            yield Keys(look, self._keys())

    def _keys(self) -> tuple[tuple[str, str], ...]:
        arm = () if self.armed or self.plan.danger == "D0" else ((":", "arm"),)
        change = (("ctrl+o", "parameters"),) if self.changeable else ()
        return (("esc", "cancel"), ("tab", "fields"), ("pgdn", "read on"), *change, *arm)

    def _fields(self) -> list[tuple[str, str, str]]:
        plan = self.plan
        fields: list[tuple[str, str, str]] = [("reason", "reason", plan.reason)]
        if plan.type_name:
            fields.append(("name", f"protected: type {plan.type_name}", ""))
        if plan.approvers:
            fields.append(("break", f"break-glass: {plan.approvers} other person must agree; alone because", ""))
        if plan.evidence_missing:
            fields.append(("skip", "evidence will be lost; skip it because", ""))
        return fields

    def _blocked(self) -> str:
        if size_name(*self.app.size) == "small":
            return "window too small to read a plan: 60x15 is needed"
        if self.plan.missing:
            return "cannot be approved: rights are missing, see above"
        if not self.armed and self.plan.danger != "D0":
            return "READ-ONLY: press : to arm this seat first"
        return ""

    def on_mount(self) -> None:
        self.query_one(Pages).can_focus = False  # scrolled from where the id is typed: tab goes through the fields only
        self.query_one(Approval).focus()
        if self.failed:
            self.query_one(Keys).said = self.failed

    def allow(self, reason: str) -> None:
        """This seat was armed, for a reason that is this plan's too unless it has one."""
        self.armed = True
        field = self.query_one("#reason", Field)
        if not field.value:
            field.editing.set(reason)
        field.redraw()
        self._reconsider()
        keys = self.query_one(Keys)
        keys.keys = self._keys()
        keys.say("")

    def _reconsider(self) -> None:
        approval = self.query_one(Approval)
        approval.blocked = self._blocked()
        if approval.blocked:
            approval.typed = ""
        approval.redraw()

    def on_resize(self) -> None:
        """Nothing is approved in a window in which no plan can be read."""
        self._reconsider()

    def refuse(self, text: str) -> None:
        """The engine would not take the approval."""
        self.failed = text
        approval = self.query_one(Approval)
        approval.typed = ""
        approval.redraw()
        self.query_one(Keys).say(text)

    def on_key(self, event: events.Key) -> None:
        """Characters of the short id, whatever else is pressed is no approval."""
        approval = self.query_one(Approval)
        if self.focused is not approval:
            return
        if event.key in _SCROLL:
            self._scroll(event.key)
        elif event.key == "enter":
            self.dismiss(None)
        elif event.key == "colon" and not self.armed and approval.blocked and not self.plan.missing:
            self._arm()
        elif event.key == "backspace":
            approval.typed = approval.typed[:-1]
        elif event.character and event.is_printable and not approval.blocked:
            self._type(approval, event.character)
        else:
            return
        event.stop()
        event.prevent_default()
        approval.redraw()

    def _type(self, approval: Approval, character: str) -> None:
        keys = self.query_one(Keys)
        if not approval.short.startswith(approval.typed + character):
            approval.typed = ""
            keys.say(f"That is not the id: type {approval.short} to approve, esc to cancel.")
            return
        approval.typed += character
        if approval.typed != approval.short:
            keys.say("")
        elif missing := self._unfilled():
            approval.typed = ""
            keys.say(missing)
        else:
            self.dismiss(self._approval(approval.typed))

    def _value(self, name: str) -> str:
        return next((field.value for field in self.query(f"#{name}").results(Field)), "")

    def _unfilled(self) -> str:
        plan = self.plan
        if plan.type_name and self._value("name") != plan.type_name:
            return f"Protected: tab to the field and type {plan.type_name} first."
        if plan.approvers and self.alone and not self._value("break"):
            return "Nobody else has agreed: tab to the field and type why you act alone (break-glass)."
        if plan.evidence_missing and not self._value("skip"):
            return "Evidence would be lost: cancel and press e, or type why it is skipped."
        if not self._value("reason") and plan.danger != "D0":
            return "Type a reason first (tab): it goes into the journal."
        return ""

    def _approval(self, typed: str) -> Approve:
        return Approve(
            self.plan.digest,
            typed,
            self._value("reason"),
            self._value("name"),
            self._value("break"),
            self._value("skip"),
        )

    def _arm(self) -> None:
        from widgets.messages import ArmWanted

        self.post_message(ArmWanted(self))

    def _scroll(self, key: str) -> None:
        pages = self.query_one(Pages)
        page = max(1, pages.size.height - 2)
        by = {"down": 1, "up": -1, "pagedown": page, "pageup": -page, "home": -(10**6), "end": 10**6}[key]
        pages.action_scroll_by(by)

    def on_field_entered(self) -> None:
        """Back to where the id is typed."""
        self.query_one(Approval).focus()

    def action_change(self) -> None:
        """Other parameters: this plan is given up for another, or kept if there comes none."""
        if self.changeable:
            self.dismiss(Changing({field.id or "": field.value for field in self.query(Field)}))
        elif self.plan.params:
            self.query_one(Keys).say("Its parameters are what was approved: plan the action anew for others.")
        else:
            self.query_one(Keys).say("This plan has no parameters.")

    def action_cancel(self) -> None:
        self.dismiss(None)
