"""The last guard of the terminal: whatever a widget drew, no control or bidi character and no link leaves the app.

Text is made safe where it leaves the engine; this filter is for what a mistake of ours, or a library, let through.
It also makes the ASCII and the colourless look complete, Textual's own widgets included.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("─━╌┄┈═▁▔▂▃", "-"),
        **dict.fromkeys("│┃╎┆┊║▏▕▎▌▐", "|"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝┏┓┗┛", "+"),
        **dict.fromkeys("█▉▊▋▄▀▆▇▅", "#"),
        "…": "~",
        "–": "-",
        "—": "-",
        "→": "-",
        "·": ".",
        "●": "*",
        "•": "*",
        "⟨": "<",
        "⟩": ">",
        "✓": "x",
    }
)
_PLAIN.update({0x2400 + code: "?" for code in range(0x22)})


class Guard(LineFilter):
    """Filters every segment that is about to be drawn.

    Args:
        ascii_only: replace what is not ASCII.
        mono: drop colours.
    """

    def __init__(self, ascii_only: bool, mono: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.mono = mono
        self._styles: dict[Style, Style] = {}

    def __hash__(self) -> int:
        # Strips cache what a filter made of them, by filter: another mode must not find the old one's work.
        return hash((id(self), self.ascii_only, self.mono))

    def __eq__(self, other: object) -> bool:
        return self is other

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Safe segments of the same width."""
        out: list[Segment] = []
        for segment in segments:
            text, style, control = segment
            if control or (text.isascii() and text.isprintable() and style is not None and not self._touches(style)):
                out.append(segment)
                continue
            if not text.isprintable() or not text.isascii():
                text = self._text(text)
            out.append(Segment(text, self._style(style) if style is not None else None))
        return out

    def _text(self, text: str) -> str:
        if not text.isprintable():
            text = _UNSAFE.sub("?" if text.isascii() else "", text)  # what was counted as a cell stays one
        if self.ascii_only and not text.isascii():
            size = cell_len(text)
            text = "".join(c if c.isascii() else "?" * cell_len(c) for c in text.translate(_PLAIN))
            text = text[:size].ljust(size)
        return text

    def _touches(self, style: Style) -> bool:
        return self.mono or style.link is not None or bool(style._meta)

    def _style(self, style: Style) -> Style:
        if not self._touches(style):
            return style
        safe = self._styles.get(style)
        if safe is None:
            if len(self._styles) > 1000:
                self._styles.clear()
            colour = None if self.mono else style.color
            back = None if self.mono else style.bgcolor
            safe = Style(
                color=colour, bgcolor=back, bold=style.bold, reverse=style.reverse, underline=style.underline,
                italic=style.italic, dim=style.dim, strike=style.strike,
            )  # fmt: skip
            self._styles[style] = safe
        return safe
