"""Which incident a command means when it joins an engine or reads a record and starts nothing.

The one that was named; else the one of the kubeconfig's cluster; else, where no kubeconfig can be used, the only one
there is. In: start options. Out: options that lead to one incident, or `Unclear` with what there is to choose from:
nothing is guessed where two could be meant. Who asks a person is the front end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from console.bootstrap.aliasing import Aliases
from console.bootstrap.describing import Candidate, described
from console.bootstrap.linking import answers, linked_socket
from console.config.options import Options, state_root
from console.errors import BadInput, WarRoomError, WireError
from console.journal.folder import incidents

_ANSWER = 0.5


class Unclear(Exception):
    """Several could be meant: a question, no error.

    Attributes:
        candidates: what there is to choose from.
        default: incident of the kubeconfig's cluster, "" when that is not among them.
        why: a sentence on why nothing was chosen.
    """

    def __init__(self, candidates: tuple[Candidate, ...], default: str, why: str) -> None:
        super().__init__(why)
        self.candidates, self.default, self.why = candidates, default, why


async def an_engine(options: Options, *, careful: bool = False, asks: bool = False) -> Options:
    """Options that lead to the running engine that is meant.

    Args:
        careful: never take the only one there is just because it is the only one: something ends by it.
        asks: a person is there to be asked when several run and none was named.

    Raises:
        Unclear: several could be meant.
        WireError: no engine runs that could be.
        BadInput: the incident or the kubeconfig that was named cannot be used.
    """
    running = alive(state_root(options))
    if options.incident:
        return await _named(options, running)
    if options.drill:
        return _drill(options, running)
    own, unusable = await asyncio.to_thread(_own, options, running)
    if own is not None and not (asks and len(running) > 1 and not _explicit(options)):
        return own
    if own is None and unusable is not None and _explicit(options):
        raise unusable
    if not running:
        raise WireError("No engine is running. `warroom` starts one.")
    if own is None and unusable is None and not (asks and len(running) > 1):
        raise WireError(
            "No engine is running for this cluster. `warroom` starts one. "
            f"Running for others: {', '.join(running)}; --incident NAME chooses one."
        )
    if own is None and unusable is not None and len(running) == 1 and not careful:
        return msgspec.structs.replace(options, incident=running[0])
    default = _incident(own) if own is not None else ""
    why = f"{unusable} An engine that runs can be chosen." if unusable else "Several engines are running."
    raise Unclear(await described(state_root(options), running), default, why)


async def a_record(options: Options, *, asks: bool = False) -> Options:
    """Options that lead to the incident whose record is meant, with an engine or without. Raises as `an_engine`."""
    root = state_root(options)
    kept = incidents(root)
    if options.incident:
        return await _named(options, kept)
    own, unusable = await asyncio.to_thread(_own, options, kept)
    if own is not None and not (asks and len(alive(root)) > 1 and not _explicit(options)):
        return own
    if own is None and unusable is not None and _explicit(options):
        raise unusable
    if not kept:
        raise BadInput(f"There is no incident in {root}. `warroom` opens one.")
    if own is None and len(kept) == 1:
        return msgspec.structs.replace(options, incident=kept[0])
    default = _incident(own) if own is not None else ""
    raise Unclear(await described(root, kept), default, f"There are {len(kept)} incidents in {root}.")


def alive(state: Path) -> tuple[str, ...]:
    """Ids of the incidents in a state folder whose engine listens."""
    try:
        found = sorted(path.parent for path in state.glob("*/engine.sock"))
    except OSError:
        return ()
    return tuple(path.name for path in found if answers(path / "engine.sock", _ANSWER))


async def _named(options: Options, known: tuple[str, ...]) -> Options:
    """The incident that was named, by its id or by the name it was declared with."""
    name, root = options.incident, state_root(options)
    if name in known:
        return options
    same = [one for one in await described(root, known) if one.name.casefold() == name.casefold()]
    if len(same) == 1:
        return msgspec.structs.replace(options, incident=same[0].incident)
    if same:
        raise Unclear(tuple(same), "", f"Several incidents are called {name!r}.")
    if name in incidents(root):
        raise WireError(
            f"No engine runs for the incident {name}. `warroom` with its cluster's kubeconfig starts one; "
            f"`warroom journal show --incident {name}` reads its record."
        )
    there = f"There are: {', '.join(known)}." if known else "There is none."
    raise BadInput(f"There is no incident {name!r} in {root}. {there}")


def _drill(options: Options, running: tuple[str, ...]) -> Options:
    linked = linked_socket(options)
    if linked is not None and linked.parent.name in running:
        return options
    others = f" Running: {', '.join(running)}; --incident NAME chooses one." if running else ""
    raise WireError(f"No engine runs for the drill {options.drill} with seed {options.seed}.{others}")


def _own(options: Options, known: tuple[str, ...]) -> tuple[Options | None, WarRoomError | None]:
    """Options that lead to the incident of the kubeconfig's cluster if it is known, and why a kubeconfig is no help.

    A kubeconfig whose content changed (a token was renewed) has no link any more; its cluster still has its name.
    """
    linked = linked_socket(options)
    if linked is not None and linked.parent.name in known:
        return options, None
    # Only now: the way by a link needs no HTTP client, and a person waits for it.
    from console.cluster.connecting import cluster_of
    from console.cluster.options import connect_options

    try:
        cluster = cluster_of(connect_options(options))
    except WarRoomError as error:
        return None, error
    incident = Aliases(state_root(options)).incident(cluster)
    if incident and incident in known:
        return msgspec.structs.replace(options, incident=incident), None
    return None, None


def _incident(options: Options) -> str:
    linked = linked_socket(options)
    return linked.parent.name if linked is not None else ""


def _explicit(options: Options) -> bool:
    """Whether a cluster was named on the command line, and not only by what happens to be the current context."""
    return bool(options.kubeconfig or options.context)
