"""The process that is killed: cordons a node as an engine does, telling each journal entry once it is durable.

python -m tests.failpoints.process KUBECONFIG FOLDER NODE
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from console.model.entry import Entry
from tests.console.actions.incident import incident, node


def acknowledge(entry: Entry) -> None:
    """One unbuffered write: what the parent reads was acknowledged before the kill."""
    os.write(1, f"{entry.seq} {entry.hash}\n".encode())


async def main(kubeconfig: Path, folder: Path, name: str) -> None:
    async with incident(kubeconfig, folder) as room:
        room.chronicle.listen(acknowledge)
        room.arm()
        plan = await room.runner.plan("node.cordon", node(name))
        await room.finish(plan)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
