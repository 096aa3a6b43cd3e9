"""Colours by role, and `Look`: what every widget draws with (inks, glyphs, clock).

A role says what a colour means; no widget names a colour. Four palettes: `war-dark`, `projector` (light), `ansi-16`
(the terminal's own sixteen) and `mono` (bold, reverse and underline only). Nothing here knows what is drawn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from rich.style import Style

if TYPE_CHECKING:
    from textual.theme import Theme

    from console.ports.clock import Clock


class Palette(msgspec.Struct, frozen=True, eq=False):
    """Colours of one theme. Foregrounds are `bold`-able words of Rich; `background` and below are backgrounds."""

    name: str
    ink: str
    dim: str
    bad: str
    warn: str
    ok: str
    frame: str
    background: str
    bar: str
    """Behind the header."""
    cursor: str
    """Behind the selected row and key caps."""
    on_alert: str
    """Text on a block of `warn`, `bad` or `ok`."""
    dark: bool = True
    ansi: bool = False
    mono: bool = False


WAR_DARK = Palette(
    "war-dark",
    "#e0e0e0",
    "#a6b0bc",
    "#ff5c5c",
    "#ffe45c",
    "#6cb6ff",
    "#4a5663",
    "#000000",
    "#1c232b",
    "#232e39",
    "#000000",
)
PROJECTOR = Palette(
    "projector",
    "#101010",
    "#464c53",
    "#b80030",
    "#4a3600",
    "#0048c8",
    "#8a9099",
    "#ffffff",
    "#e8ebef",
    "#d3dde8",
    "#ffffff",
    dark=False,
)
ANSI_16 = Palette(
    "ansi-16",
    "default",
    "default",
    "bright_red",
    "bright_yellow",
    "bright_cyan",
    "default",
    "default",
    "default",
    "blue",
    "black",
    ansi=True,
)
MONO = Palette(
    "mono",
    "default",
    "default",
    "default",
    "default",
    "default",
    "default",
    "default",
    "default",
    "default",
    "default",
    ansi=True,
    mono=True,
)
PALETTES = {palette.name: palette for palette in (WAR_DARK, PROJECTOR, ANSI_16, MONO)}

INKS = (
    "ink", "strong", "dim", "bad", "warn", "ok", "frame", "here", "alert", "danger", "bar", "bar-strong", "bar-dim",
    "bar-warn", "bar-bad", "bar-ok", "key", "tab", "cursor", "proved",
)  # fmt: skip
"""All roles. `here` is the frame of the focused pane, `alert` and `danger` are blocks, `key` a key cap."""


@lru_cache(maxsize=1024)
def style_of(palette: Palette, role: str, selected: bool = False) -> Style:
    """The style of a role; `selected` puts it on the cursor's background, where dim text turns plain."""
    if palette.mono:
        return _mono(role, selected)
    colour = {
        "ink": palette.ink, "strong": palette.ink, "dim": palette.dim, "bad": palette.bad, "warn": palette.warn,
        "ok": palette.ok, "frame": palette.frame, "here": palette.ok, "proved": palette.ok, "bar": palette.ink,
        "bar-strong": palette.ink, "bar-dim": palette.dim, "bar-warn": palette.warn, "bar-bad": palette.bad,
        "bar-ok": palette.ok, "alert": palette.on_alert, "danger": palette.on_alert, "key": palette.ink,
        "tab": palette.on_alert, "cursor": palette.ink,
    }[role]  # fmt: skip
    back = {"alert": palette.warn, "danger": palette.bad, "tab": palette.ok, "key": palette.cursor}.get(
        role, palette.bar if role.startswith("bar") else palette.background
    )
    if selected:
        back = palette.cursor
        colour = palette.ink if role in ("dim", "frame") else colour
    bold = role in ("strong", "bad", "warn", "alert", "danger", "bar-strong", "bar-warn", "bar-bad", "key", "tab")
    if palette.ansi and selected:
        return Style(reverse=True, bold=bold)
    return Style(color=colour, bgcolor=back, bold=bold)


def _mono(role: str, selected: bool) -> Style:
    return Style(
        bold=role in ("strong", "bad", "warn", "alert", "danger", "here", "bar-strong", "bar-warn", "bar-bad", "key"),
        reverse=selected or role in ("alert", "danger", "tab", "key"),
        underline=role in ("bad", "danger", "bar-bad"),
    )


_UNICODE = {
    "more": "…", "none": "–", "to": "→", "dot": "·", "full": "━", "rest": "─", "bar": "▌",
    "h": "─", "v": "│", "tl": "╭", "tr": "╮", "bl": "╰", "br": "╯", "cursor": "▌", "mark": "●",
}  # fmt: skip
_ASCII = {
    "more": "~", "none": "-", "to": "->", "dot": "-", "full": "=", "rest": "-", "bar": "|",
    "h": "-", "v": "|", "tl": "+", "tr": "+", "bl": "+", "br": "+", "cursor": ">", "mark": "*",
}  # fmt: skip


class Look:
    """What a widget draws with; one for the whole seat, changed in place when the theme changes.

    Args:
        palette: the colours.
        ascii_only: draw with ASCII glyphs.
        clock: the seat's clock.
    """

    def __init__(self, palette: Palette, ascii_only: bool, clock: Clock) -> None:
        self.palette = palette
        self.ascii_only = ascii_only
        self.clock = clock
        self.skew = 0.0
        """Seconds the engine's clock is ahead of ours: ages are told in the engine's time."""
        self.glyphs = _ASCII if ascii_only else _UNICODE
        self.keys: dict[str, str] = {}
        """First key of each binding, as people write it; the room fills it from the person's map."""
        self.bare = False
        """No frames (present mode)."""
        self.armed_until = 0.0
        """When this seat's arming ends, epoch seconds of the engine; 0.0 = READ-ONLY."""

    def now(self) -> float:
        """Epoch seconds by the engine's clock."""
        return self.clock.now() + self.skew

    def key(self, id: str) -> str:  # noqa: A002 - the field's name
        """The key of a binding, as people write it; "" for one that has none."""
        return self.keys.get(id, "")

    def style(self, role: str, selected: bool = False) -> Style:
        """The style of a role in the current palette."""
        return style_of(self.palette, role, selected)

    def __getitem__(self, glyph: str) -> str:
        return self.glyphs[glyph]


def chosen(environment: dict[str, str], wanted: str = "") -> Palette:
    """The palette for this terminal: what was asked for, else what it can show."""
    if wanted in PALETTES:
        return PALETTES[wanted]
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term in ("dumb", "vt100"):
        return MONO
    if term == "linux" or ("256" not in term and not environment.get("COLORTERM")):
        return ANSI_16
    return WAR_DARK


def ascii_wanted(environment: dict[str, str]) -> bool:
    """Whether the terminal cannot be trusted with more than ASCII."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    folded = locale.upper().replace("-", "")
    return "UTF8" not in folded or environment.get("TERM", "") in ("linux", "vt100", "dumb")


_ANSI = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "border-blurred": "ansi_default",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_default",
    "input-selection-foreground": "ansi_default",
    "screen-selection-background": "ansi_default",
    "screen-selection-foreground": "ansi_default",
}
"""What Textual's own styles ask of a theme made of the terminal's colours."""


def textual_theme(palette: Palette) -> Theme:
    """The same colours for Textual's own widgets (inputs, palette, toasts)."""
    from textual.theme import Theme

    def named(colour: str) -> str:
        return colour if colour.startswith("#") else f"ansi_{colour}"

    return Theme(
        name=palette.name,
        dark=palette.dark,
        ansi=palette.ansi,
        primary=named(palette.ok),
        secondary=named(palette.dim),
        warning=named(palette.warn),
        error=named(palette.bad),
        success=named(palette.ok),
        accent=named(palette.ok),
        foreground=named(palette.ink),
        background=named(palette.background),
        surface=named(palette.background),
        panel=named(palette.bar),
        boost=named(palette.background),
        variables=_ANSI if palette.ansi else {},
    )
