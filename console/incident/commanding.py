"""Who commands, as far as it was recorded; the commander decides, other hands act (checklist item ORG-02). Pure."""

from __future__ import annotations

from console.model.action import Danger
from console.model.state import IncidentState


def commander(state: IncidentState) -> str:
    """The name in the newest `role.assumed ic NAME`, or the seat that said `ic`; "" if nobody did."""
    for _, record in reversed(state.recorded.get("role.assumed", [])):
        words = record.value.split()
        if words[:1] == ["ic"]:
            return words[1] if len(words) > 1 else record.seat
    return ""


def _person(seat: str) -> str:
    """Whose seat it is: `ana~2` is the second one of `ana`."""
    return seat.partition("~")[0]


def hands_on(state: IncidentState, seat: str, danger: Danger) -> tuple[str, ...]:
    """A warning for the commander's own seat before it changes something itself."""
    named = _person(commander(state))
    if danger is Danger.D0 or not named or _person(seat) != named:
        return ()
    return (f"{seat} is the incident commander and should not be hands-on (ORG-02): let another seat approve this.",)
