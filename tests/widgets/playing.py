"""Run the seat on a real terminal over scripted rows: `python -m tests.widgets.playing [churn]`. For pty tests."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

from console.app import Settings, WarRoom
from console.model.text import Clean
from console.ports.session import Acknowledge, Approve, Detail, PlanAction
from console.ports.views import Refusal
from tests.widgets import scripted

if TYPE_CHECKING:
    from console.ports.session import Session


def main() -> None:
    """Play until the person leaves, then write what was asked of the engine where PLAYED points."""
    session = scripted.Scripted()
    if "PAYLOAD" in os.environ:
        payload = json.loads(os.environ["PAYLOAD"])
        session.topics = scripted.hostile(payload)
        hostile = Clean(payload)
        session.answers[Detail] = scripted.text((payload, payload), ("label", payload))
        session.answers[PlanAction] = scripted.plan(
            title=hostile, target=hostile, blast=(hostile,), warnings=(hostile,)
        )
        session.answers[Acknowledge] = Refusal(hostile)
    else:
        session.answers[PlanAction] = scripted.plan()
        session.answers[Detail] = scripted.text(("name", "web-7f9c"), ("", "spec:"), ("", "  containers: []"))
    session.answers[Approve] = scripted.outcome("effective", final=True)

    async def connect() -> Session:
        return session

    app = WarRoom(connect, scripted.specs(), Settings(seat="ana"))
    if "churn" in sys.argv:
        session.topics["browse:pods"] = scripted.browsed(1000)
        session.place = '{"pane": "resources", "browse": "browse:pods"}'
        app.call_later(lambda: app.run_worker(_churn(session)))
    app.run(mouse=False)
    if played := os.environ.get("PLAYED"):
        with open(played, "w", encoding="utf-8") as file:
            json.dump([type(request).__name__ for request in session.asked], file)


async def _churn(session: scripted.Scripted) -> None:
    """A hundred status updates a second in deltas of twenty-five, as the wire sends them."""
    import random

    rows = scripted.browsed(1000)[1:]
    rand = random.Random(1)
    while True:
        await asyncio.sleep(0.25)
        if "browse:pods" in session.subscribed:
            session.push("browse:pods", *(scripted.restarted(rows, rand) for _ in range(25)))


if __name__ == "__main__":
    main()
