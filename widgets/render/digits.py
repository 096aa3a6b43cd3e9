"""Three lines high digits for a clock that can be read on a shared screen, in ASCII too."""

from __future__ import annotations

_SHAPES = {
    "0": ("+-+", "| |", "+-+"),
    "1": ("  +", "  |", "  +"),
    "2": ("--+", "+-+", "+--"),
    "3": ("--+", " -+", "--+"),
    "4": ("+ +", "+-+", "  +"),
    "5": ("+--", "+-+", "--+"),
    "6": ("+--", "+-+", "+-+"),
    "7": ("--+", "  |", "  +"),
    "8": ("+-+", "+-+", "+-+"),
    "9": ("+-+", "+-+", "--+"),
    ":": (" . ", "   ", " . "),
}
_CORNERS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": (" ╺┓", "  ┃", "  ╹"),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", " ━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    ":": (" . ", "   ", " . "),
}


def digits(text: str, ascii_only: bool) -> tuple[str, str, str]:
    """Three lines; a character without a shape is left out."""
    shapes = _SHAPES if ascii_only else _CORNERS
    rows = [" ".join(shapes[c][row] for c in text if c in shapes) for row in range(3)]
    return rows[0], rows[1], rows[2]
