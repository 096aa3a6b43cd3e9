"""A drill without a screen: the built-in responder plays it through a seat, then timeline and verdict are printed.

In: an open session, a drill whose `run()` is under way, the clock they share, where to print, how to read the journal.
Out: lines, and the exit code of the command: 0 won, 1 lost or unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from console.drill.debrief import as_json, lines
from console.drill.narrating import narrate
from console.drill.responder import Responder
from console.drill.scenario import Step
from console.drill.score import Score, score
from console.drill.simulation import Drill
from console.errors import BadInput
from console.hygiene.exporting import known_safe
from console.model.entry import Entry
from console.model.text import Clean
from console.ports.clock import Clock
from console.ports.session import Session

PACE = 40.0
"""How much faster than the machine's clock a headless drill runs (see `console.drill.pacing`)."""


async def play(
    session: Session,
    drill: Drill,
    clock: Clock,
    out: Callable[[Clean], None],
    read: Callable[[], Iterable[Entry]],
    play: str = "steady",
    json: bool = False,
) -> int:
    """Play one of the scenario's scripts to its end and print how it went. Raises `BadInput` for an unknown script."""
    result = await scored(session, drill, clock, (lambda text: None) if json else out, read, play)
    for line in as_json(result) if json else lines(result):
        out(line)
    return 0 if result.verdict == "won" else 1


def steps_of(drill: Drill, play: str) -> tuple[Step, ...]:
    """One of the scenario's scripts. Raises `BadInput` for an unknown one, naming the ones there are."""
    steps = drill.scenario.plays.get(play)
    if steps is None:
        raise BadInput(f"Scenario {drill.scenario.id} has no play {play!r}. It has: {', '.join(drill.scenario.plays)}.")
    return steps


async def scored(
    session: Session,
    drill: Drill,
    clock: Clock,
    out: Callable[[Clean], None],
    read: Callable[[], Iterable[Entry]],
    play: str = "steady",
) -> Score:
    """Play, put the attacker's side on record, and score the journal."""
    steps = steps_of(drill, play)
    out(known_safe(f"DRILL {drill.scenario.id}, seed {drill.seed}: {drill.scenario.title}"))
    out(known_safe(drill.scenario.brief))

    def tell(text: str) -> None:
        out(known_safe(f"+{clock.now() - drill.opened:4.0f} s  {text}"))

    await Responder(session, clock, drill.opened, tell, lambda: bool(drill.end)).play(steps)
    if drill.end:
        tell(f"the drill is over: {drill.end}")
        await drill.wait()
    if why := await narrate(drill, session):
        out(known_safe(f"The attacker's story could not be put on record: {why}"))
    return score(read(), drill.scenario.lessons)
