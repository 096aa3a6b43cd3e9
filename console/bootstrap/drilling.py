"""Put a drill together: the same engine over a simulated cluster, on the screen or played by the built-in responder."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TextIO

from console import __version__
from console.actions.catalogue import all_actions
from console.cluster.live import LiveCluster
from console.config.options import Options, state_root
from console.drill import headless, narrating
from console.drill.debrief import as_json as as_lines_of_json
from console.drill.debrief import lines
from console.drill.pacing import PacedClock
from console.drill.scenario import load
from console.drill.score import score
from console.drill.simulation import Drill
from console.errors import BadInput
from console.hygiene.exporting import Exporter, known_safe
from console.incident.engine import Engine, Parts
from console.incident.session import LocalSession
from console.journal.evidence import FileEvidence
from console.journal.findings import FindingStore
from console.journal.folder import IncidentFolder, incidents
from console.journal.sqlite import SqliteJournal
from console.ports.clock import Clock, SystemClock
from console.ports.session import PROTOCOL, Hello, Using
from console.ports.tasks import Tasks
from console.rules.offline import shipped_rules

_SEAT = "responder"
_TITLE = 20
"""Characters of a scenario's id in its incident's name, which is a part of the socket's path."""


def assemble_drill(drill: Drill, clock: Clock, folder: IncidentFolder, *, played: bool = False) -> Engine:
    """An engine over the drill's cluster and audit log; the engine also runs the drill.

    Args:
        played: people play it, so that the engine itself puts the attacker's side on record when it is over.
    """

    async def conclude() -> None:
        session = LocalSession(engine, engine.uid)
        await session.open(Hello(PROTOCOL, __version__, "drill", screen=False))
        await narrating.conclude(drill, session)

    secret = folder.secret()
    cluster = LiveCluster(drill.transport, clock, secret)
    parts = Parts(
        incident=folder.path.name,
        cluster=cluster,
        journal=SqliteJournal(folder.journal),
        evidence=FileEvidence(folder.evidence),
        store=FindingStore(folder.findings),
        secret=secret,
        rules=shipped_rules(),
        registry=all_actions(),
        clock=clock,
        export=Exporter(secret),
        sources=(drill.source,),
        drill=True,
        banner="DRILL: nothing here is real",
        using=Using(known_safe(drill.transport.context)),
        background=(drill.run(), *((conclude(),) if played else ())),
    )
    cluster.start()
    engine = Engine(parts)
    return engine


def new_drill(options: Options, clock: Clock) -> Drill:
    """The drill of these options. Raises `BadInput` for an unknown scenario, naming the ones there are."""
    return Drill(load(options.drill), options.seed, clock)


def drill_folder(options: Options, drill: Drill, group: int | None = None) -> IncidentFolder:
    """A new incident folder: each drill is an incident of its own, also when two begin at once."""
    root = state_root(options)
    title = re.sub(r"[^a-z0-9]+", "-", drill.scenario.id.lower())[:_TITLE].strip("-") or "own"
    for number in itertools.count(1):
        name = f"drill-{title}-{options.seed}-{number}"
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (root / name).mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError:
            pass  # the folder says in a sentence why it cannot be made
        return IncidentFolder(root, name, group)
    raise AssertionError("there is always a next number")


def debrief(options: Options, as_json: bool, out: TextIO) -> int:
    """Score of the newest drill, or of the one named, from its journal. Exit 0 won, 1 lost or unfinished.

    Raises:
        BadInput: there is none.
    """
    root = state_root(options)
    drills = [name for name in incidents(root) if name.startswith("drill-")]
    if not drills:
        raise BadInput(f"No drill was played yet in {root}. `warroom drill` starts one.")
    if options.incident and options.incident not in drills:
        raise BadInput(f"There is no drill {options.incident!r} in {root}. There are: {', '.join(drills)}.")
    journal = SqliteJournal(IncidentFolder(root, options.incident or drills[0]).journal, reading=True)
    try:
        result = score(journal.read(), load(options.drill).lessons)
    finally:
        journal.close()
    for line in as_lines_of_json(result) if as_json else lines(result):
        out.write(f"{line}\n")
    return 0 if result.verdict == "won" else 1


def play(options: Options, script: str, as_json: bool, out: TextIO) -> int:
    """Play a drill without a screen to its end. Exit 0 won, 1 lost. Raises `BadInput` for an unknown scenario."""
    return asyncio.run(_play(options, script, as_json, out))


async def _play(options: Options, script: str, as_json: bool, out: TextIO) -> int:
    clock = PacedClock(SystemClock(), headless.PACE)
    drill = new_drill(options, clock)
    headless.steps_of(drill, script)  # an unknown one must leave nothing behind
    folder = drill_folder(options, drill)
    engine = assemble_drill(drill, clock, folder)
    tasks = Tasks()
    session = LocalSession(engine, engine.uid)
    try:
        await engine.start()
        tasks.start("drill:clock", clock.run())
        await session.open(Hello(PROTOCOL, __version__, _SEAT))

        def tell(line: str) -> None:
            out.write(f"{line}\n")
            out.flush()

        code = await headless.play(session, drill, clock, tell, engine.chronicle.journal.read, script, as_json)
        await session.close()
        return code
    finally:
        await engine.close()
        await tasks.close()
