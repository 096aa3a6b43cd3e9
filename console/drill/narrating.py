"""The attacker's side of the story, put on record when the drill is over: the debrief reads the journal alone.

In: a finished (or abandoned) drill and any seat. Out: `Recorded` entries under the topics below. Not before the end:
it would tell the player what to look for.
"""

from __future__ import annotations

from console.drill.simulation import Drill
from console.ports.session import Record, Session
from console.ports.views import Refusal

SCENARIO = "drill.scenario"
"""value: scenario id; note: epoch second of the opening, seed."""
DEED = "drill.deed"
"""value: what the attacker did; note: epoch second, kind of deed, move, key."""
END = "drill.end"
"""value: `gave up`, `won`, `time is up` or `abandoned`; note: epoch second."""
LEFT = "drill.left"
"""value: something the attacker still had at the end."""


async def narrate(drill: Drill, session: Session) -> str:
    """Put it on record. Returns "" or why it could not be."""
    records = [Record(SCENARIO, drill.scenario.id, f"{drill.opened:.3f} {drill.seed}")]
    for deed in drill.story:
        records.append(Record(DEED, deed.says, f"{deed.at:.3f} {deed.what} {deed.move or '-'} {deed.key or '-'}"))
    records += [Record(LEFT, left) for left in drill.left()]
    records.append(Record(END, drill.end or "abandoned", f"{drill.now():.3f}"))
    for record in records:
        answer = await session.ask(record)
        if isinstance(answer, Refusal):
            return str(answer.text)
    return ""


async def conclude(drill: Drill, session: Session) -> str:
    """For a drill that people play: wait until it is over, then `narrate`. Cancelled with its engine."""
    await drill.wait()
    return await narrate(drill, session)
