"""`Clean`: text that is safe to draw and free of secrets.

Declared here, made by `console.hygiene` alone (a test checks). The wire, the journal, logs and reports accept
nothing else: this type is the border between raw engine memory and everything that leaves it.
"""

from __future__ import annotations

from typing import NewType

Clean = NewType("Clean", str)
"""No control, bidi or zero-width characters, no secret, one line, bounded length."""
