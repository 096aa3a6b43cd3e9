"""Journals of drills, written by hand: what the score reads."""

from __future__ import annotations

from console.hygiene.exporting import known_safe
from console.model import entry as e

OPENED = 1_780_000_000.0
DELETE = "d" * 64
REVOKE = "r" * 64


class Journal:
    """Entries in order, each at so many seconds after the opening."""

    def __init__(self) -> None:
        self.entries: list[e.Entry] = []

    def add(self, after: float, record: e.Record) -> Journal:
        seq = len(self.entries) + 1
        self.entries.append(e.Entry(seq, OPENED + after, known_safe("ann"), record, "", ""))
        return self

    def recorded(self, topic: str, value: str, note: str = "") -> Journal:
        return self.add(900, e.Recorded(known_safe(topic), known_safe(value), known_safe("ann"), known_safe(note)))

    def deed(self, after: float, what: str, says: str) -> Journal:
        return self.recorded("drill.deed", says, f"{OPENED + after:.3f} {what} miner stolen")

    def opened(self) -> Journal:
        return self.recorded("drill.scenario", "shop", f"{OPENED:.3f} 7")

    def ended(self, how: str, *left: str) -> Journal:
        for each in left:
            self.recorded("drill.left", each)
        return self.recorded("drill.end", how, f"{OPENED + 900:.3f}")

    def act(self, after: float, digest: str, action: str, uid: str, skip: str = "") -> Journal:
        """A plan, approved, written and proved effective two seconds later."""
        clean = known_safe
        name, word = clean("metrics-proxy-1"), clean(digest)
        target = clean("Pod shop/metrics-proxy-1")
        self.add(
            after,
            e.Planned(
                word,
                clean(action),
                target,
                clean("Pod"),
                clean("shop"),
                name,
                clean(uid),
                clean("D3"),
                clean(""),
                undo=clean({"sa.revoke": "sa.unrevoke"}.get(action, "")),
            ),
        )
        self.add(after, e.Approved(word, clean("ann"), 1, clean("drill"), clean(""), clean(skip)))
        self.add(after, e.Intent(word, 1, clean("id"), clean("DELETE"), clean("/x")))
        self.add(after, e.Effect(word, 1, clean("id"), 200))
        return self.add(after + 2, e.Verified(word, clean("effective")))

    def captured(self, after: float, uid: str, failed: bool = False) -> Journal:
        target = known_safe("Pod shop/metrics-proxy-1")
        kind, blob = known_safe("pod.yaml"), known_safe("" if failed else "b" * 64)
        return self.add(after, e.Captured(kind, target, known_safe(uid), blob, 1, failed=failed))
