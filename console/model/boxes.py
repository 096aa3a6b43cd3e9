"""How the state of a checklist item is marked, on screen and on paper; the word beside it says the rest."""

from __future__ import annotations

BOXES = {
    "open": "[ ]",
    "claimed": "[>]",
    "proved": "[~]",
    "verified": "[x]",
    "attested": "[x]",
    "overridden": "[=]",
    "n-a": "[-]",
    "deferred": "[/]",
    "unknown": "[?]",
    "regressed": "[!]",
    "blocked": "[.]",
}
DONE = frozenset({"verified", "attested", "overridden", "n-a"})
"""States in which an item asks nothing more of anybody."""
