"""Words and marks for severities, states and results: the word carries the meaning, the colour only repeats it."""

from __future__ import annotations

from console.model.boxes import BOXES
from widgets.render.lines import Span

_SEVERITY = {
    "critical": ("CRIT !!", "bad"),
    "high": ("HIGH !", "warn"),
    "medium": ("MED  ~", "ink"),
    "low": ("LOW  .", "dim"),
    "info": ("INFO", "dim"),
}
_RANK = {word: rank for rank, word in enumerate(_SEVERITY)}
_STATUS = {
    "open": "bad", "accepted": "warn", "converged": "warn", "effective": "ok", "residual": "warn",
    "unverifiable": "warn", "running": "warn", "partial": "bad", "failed": "bad", "refused": "bad", "unknown": "warn",
    "gone": "dim", "undone": "dim", "planned": "ink", "approved": "ink", "drift": "bad",
}  # fmt: skip
_BOX_ROLE = {
    "claimed": "ok", "verified": "ok", "attested": "ok", "proved": "warn", "unknown": "warn", "regressed": "bad",
    "overridden": "dim", "n-a": "dim", "deferred": "dim", "blocked": "dim",
}  # fmt: skip
_RESULT = {
    "effective": "ok",
    "sealed": "ok",
    "ok": "ok",
    "attested": "ok",
    "verified": "ok",
    "proved": "ok",
    "undone": "ok",
}


def severity(word: str) -> Span:
    """`CRIT !!` and its role; a word we do not know is shown as it is."""
    return _SEVERITY.get(word, (word[:7].upper(), "ink"))


def rank(word: str) -> int:
    """0 is the worst."""
    return _RANK.get(word, len(_RANK))


def status(word: str) -> Span:
    """A containment status."""
    return (word, _STATUS.get(word, "ink"))


def box(state: str) -> Span:
    """`[x]` of a checklist item."""
    if state not in BOXES:
        return "[?]", "warn"
    return BOXES[state], _BOX_ROLE.get(state, "ink")


def contained(word: str) -> Span:
    """Containment of a finding's target, as one cell."""
    if not word or word == "open":
        return ("[ ]", "dim")
    mark = "[x]" if word == "effective" else "[!]" if word in ("failed", "refused", "partial", "drift") else "[~]"
    return (f"{mark} {word}", status(word)[1])


def result(word: str) -> Span:
    """The result column of the journal."""
    return (word, _RESULT.get(word, "warn" if word else "dim"))


def source(state: str) -> str:
    """Role of a source's state."""
    return {"live": "bar-ok", "loading": "bar-dim", "ended": "bar-dim"}.get(state, "bar-warn")
