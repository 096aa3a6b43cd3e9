"""What lies behind the widgets: blanks, as cheap as they are."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Background(Widget):
    """Mixed in before a widget that only holds others.

    Textual makes every line of it with margins, borders and styles of its own, each time the whole screen is painted,
    and then draws other widgets over all of them. They were half of all lines that a first frame made.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """The same blank line as often as asked for."""
        blank = Strip.blank(crop.width, self.rich_style)
        _, background = self.background_colors
        for one in self.app.get_line_filters():
            blank = blank.apply_filter(one, background)
        return [blank] * crop.height
