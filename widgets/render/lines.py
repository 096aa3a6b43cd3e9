"""Lines of spans: fitting, padding, wrapping, framing. A span is (text, role of `widgets.theme`).

The one currency between renderers and the canvas; a role may end in `*`, meaning "on the cursor's background".
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
Line = tuple[Span, ...]


def width(text: str) -> int:
    """Cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def line_width(line: Line) -> int:
    """Cells a line takes."""
    return sum(width(text) for text, _ in line)


def fit(text: str, cells: int, more: str = "…", right: bool = False) -> str:
    """`text` in exactly that many cells, cut at its end with a mark if it is longer."""
    if cells <= 0:
        return ""
    size = width(text)
    if size > cells:
        text = set_cell_size(text, max(0, cells - len(more))) + more
        return text if width(text) == cells else set_cell_size(text, cells)
    return " " * (cells - size) + text if right else text + " " * (cells - size)


def fit_place(text: str, cells: int, more: str = "…") -> str:
    """`NAMESPACE/NAME` in exactly that many cells, cut at its beginning.

    An identity is never cut in its middle, and its end is what tells one pod of a workload from the next.
    """
    return fit_end(text, cells, more) if "/" in text else fit(text, cells, more)


def fit_end(text: str, cells: int, more: str = "…") -> str:
    """`text` in exactly that many cells, cut at its beginning: pods of one workload differ in their last letters."""
    if width(text) <= cells or cells <= len(more) or not text.isascii():
        return fit(text, cells, more)
    return more + text[len(text) - cells + len(more) :]


def pad(line: Line, cells: int, role: str = "ink", more: str = "…") -> Line:
    """A line in exactly that many cells."""
    size = line_width(line)
    if size <= cells:
        return (*line, (" " * (cells - size), role)) if size < cells else line
    out: list[Span] = []
    left = cells
    for text, ink in line:
        size = width(text)
        if size >= left and not (size == left and (text, ink) == line[-1]):
            out.append((fit(text + " " if size == left else text, left, more), ink))
            break
        out.append((text, ink))
        left -= size
    return tuple(out)


def wrap(text: str, cells: int) -> list[str]:
    """Words in lines of at most that many cells; a longer word is broken where the line ends."""
    cells = max(cells, 4)
    lines: list[str] = []
    now = ""
    for word in text.split(" "):
        while width(word) > cells:
            room = cells - width(now) - (1 if now else 0)
            if room < 8 and now:
                lines.append(now)
                now, room = "", cells
            head = _head(word, room)
            lines.append(f"{now} {head}" if now else head)
            now, word = "", word[len(head) :]
        joined = f"{now} {word}" if now else word
        if width(joined) > cells:
            lines.append(now)
            now = word
        else:
            now = joined
    lines.append(now)
    return lines


def _head(word: str, cells: int) -> str:
    if word.isascii():
        return word[:cells]
    end = len(word)
    while end > 1 and width(word[:end]) > cells:
        end = end // 2 if width(word[: end // 2]) > cells else end - 1
    return word[:end]


def labelled(label: str, text: str, cells: int, role: str = "ink", indent: int = 7) -> list[Line]:
    """`label  text`, wrapped under its own start."""
    rows = wrap(text, cells - indent)
    first: Line = ((fit(label, indent - 1) + " ", "dim"), (rows[0], role))
    return [first, *(((" " * indent, "dim"), (row, role)) for row in rows[1:])]


def together(line: Line, cells: int) -> list[Line]:
    """A line; where it does not fit, each of its texts by itself and whole: it says what is meant."""
    if line_width(line) <= cells:
        return [line]
    return [((row, role),) for text, role in line if text.strip() for row in wrap(text.strip(), cells)]


def selected(line: Line) -> Line:
    """The same line on the cursor's background."""
    return tuple((text, f"{ink}*") for text, ink in line)
