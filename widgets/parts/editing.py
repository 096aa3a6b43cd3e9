"""A line of text being typed: pure, so that a prompt and a dialog's field edit alike. Keys are Textual's names."""

from __future__ import annotations

from widgets.render.lines import Line, fit, width

LIMIT = 2000
"""Characters a line may have."""


class Editing:
    """Text and cursor."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.at = len(text)

    def insert(self, text: str) -> None:
        """Put printable characters at the cursor; a line break in pasted text becomes a blank."""
        kept = "".join(c for c in text.replace("\n", " ") if c.isprintable())[: LIMIT - len(self.text)]
        self.text = self.text[: self.at] + kept + self.text[self.at :]
        self.at += len(kept)

    def set(self, text: str) -> None:
        """Another text, cursor at its end."""
        self.text, self.at = text, len(text)

    def press(self, key: str, character: str | None) -> bool:
        """Take a key; False if it means nothing here."""
        if key in ("left", "right", "home", "end", "ctrl+a", "ctrl+e"):
            ends = {"home": 0, "ctrl+a": 0, "end": len(self.text), "ctrl+e": len(self.text)}
            self.at = ends.get(key, max(0, min(len(self.text), self.at + (1 if key == "right" else -1))))
        elif key in ("backspace", "ctrl+h"):
            self._cut(self.at - 1, self.at)
        elif key == "delete":
            self._cut(self.at, self.at + 1)
        elif key == "ctrl+u":
            self._cut(0, self.at)
        elif key == "ctrl+w":
            self._cut(len(self.text[: self.at].rstrip().rpartition(" ")[0]), self.at)
        elif character and character.isprintable():
            self.insert(character)
        else:
            return False
        return True

    def _cut(self, start: int, end: int) -> None:
        start = max(0, start)
        self.text = self.text[:start] + self.text[end:]
        self.at = start

    def line(self, cells: int, focused: bool) -> Line:
        """The text around the cursor, in that many cells (the cursor alone where there are none); it is a block."""
        start = 0
        while start < self.at and width(self.text[start : self.at]) > cells - 2:
            start = min(start + 8, self.at)
        under = self.text[self.at : self.at + 1] or " "
        cursor = "tab" if focused else "bar"
        before = self.text[start : self.at]
        rest = max(0, cells - width(before) - width(under))
        return ((before, "bar"), (under, cursor), (fit(self.text[self.at + 1 :], rest), "bar"))
