"""The process that is killed: writes as an engine does, telling each journal entry once it is durable.

python -m tests.failpoints.process KUBECONFIG FOLDER NODE [NODE]: one node is cordoned, two are labelled in two steps.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from console.actions.registry import Registry
from console.model.entry import Entry
from tests.console.actions.incident import incident, node, registry
from tests.console.actions.sample import Labelling, only


def acknowledge(entry: Entry) -> None:
    """One unbuffered write: what the parent reads was acknowledged before the kill."""
    os.write(1, f"{entry.seq} {entry.hash}\n".encode())


def actions(names: Sequence[str]) -> Registry:
    """What this many nodes call for."""
    return registry() if len(names) == 1 else only(Labelling())


async def main(kubeconfig: Path, folder: Path, names: Sequence[str]) -> None:
    async with incident(kubeconfig, folder, actions(names)) as room:
        room.chronicle.listen(acknowledge)
        room.arm()
        (spec, *_) = room.case.registry.specs()
        more = {"nodes": ",".join(names[1:])} if names[1:] else {}
        await room.finish(await room.runner.plan(spec.id, node(names[0]), more))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
