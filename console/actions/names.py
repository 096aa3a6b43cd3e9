"""Neutral names: random for each incident, stable within it, and mapped in the journal for those who may read that.

The attacker reads the API too: a label called `quarantine` or a field manager called `warroom` would tell him that
he was seen, by what and since when.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from console.actions.chronicle import Chronicle
from console.hygiene.exporting import Exporter, known_safe
from console.model.entry import Recorded

TOPIC = "name"
_LENGTH = 10
_MARKED = re.compile(r"\[(c[a-z2-7]{10})\]")
_TAIL = 400
"""Characters at a text's end in which a mark is looked for."""


class Names:
    """Names derived from the incident's secret."""

    def __init__(self, secret: bytes, chronicle: Chronicle, export: Exporter) -> None:
        self._secret = secret
        self._chronicle = chronicle
        self._export = export
        self._known = {record.value for _, record in chronicle.state.recorded.get(TOPIC, ())}

    def of(self, purpose: str) -> str:
        """A name of 11 lower-case letters and digits, fit for a label key, an object or a field manager."""
        digest = hmac.digest(self._secret, b"name\0" + purpose.encode("utf-8", "replace"), hashlib.sha256)
        name = "c" + base64.b32encode(digest).decode().lower()[:_LENGTH]
        if name not in self._known:
            seat = known_safe("engine")
            self._chronicle.record(Recorded(known_safe(TOPIC), known_safe(name), seat, self._export(purpose)))
            self._known.add(known_safe(name))
        return name

    def marked(self, text: str) -> bool:
        """Whether a text bears one of this incident's names in brackets, as `marker` writes it."""
        return any(name in self._known for name in _MARKED.findall(text[-_TAIL:]))

    @property
    def manager(self) -> str:
        """The field manager of this incident's writes."""
        return self.of("field manager")
