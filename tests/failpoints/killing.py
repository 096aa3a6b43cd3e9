"""One run: let a process die at a point, start anew on what it left, and tell what was lost or done twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec

from console.model.verdict import Outcome
from tests.console.actions.incident import Incident, SwiftClock, eventually, incident
from tests.controlplane import ControlPlane
from tests.failpoints.process import actions


class Report(msgspec.Struct):
    """What one run showed."""

    point: str
    died: bool
    """Killed by its failpoint (and not by its own end or an error)."""
    lost: list[int]
    """Acknowledged entries that are not in the journal."""
    problem: str
    """What is wrong with the chain, "" when nothing."""
    sent: Counter[str]
    """How often each Audit-ID of a write arrived at the API server."""
    unknown: list[str]
    """Writes that arrived without an intent on record."""
    outcome: Outcome
    """How the action stands after the restart."""
    cordoned: bool


async def kill_and_recover(plane: ControlPlane, folder: Path, name: str, point: str, *more: str) -> Report:
    """Kill at `point` (of the first write), restart, wait until the action stands still."""
    acknowledged, died = await asyncio.to_thread(_die, plane, folder, (name, *more), point)
    async with incident(plane.kubeconfig(), folder, actions((name, *more)), SwiftClock()) as room:
        outcome = await _settled(room)
        kept = {entry.seq: entry.hash for entry in room.journal.read()}
        sent = sum((writes(plane, one) for one in (name, *more)), Counter())
        known = {intent.audit_id for intent in room.records("intent")}
        return Report(
            point,
            died,
            [seq for seq, hash_ in acknowledged.items() if kept.get(seq) != hash_],
            room.journal.verify().problem,
            sent,
            sorted(set(sent) - known),
            outcome,
            bool(plane.get("node", name)["spec"].get("unschedulable")),
        )


def _die(plane: ControlPlane, folder: Path, names: tuple[str, ...], point: str) -> tuple[dict[int, str], bool]:
    command = [sys.executable, "-m", "tests.failpoints.process", str(plane.kubeconfig()), str(folder), *names]
    done = subprocess.run(
        command, env=os.environ | {"WARROOM_FAILPOINT": point}, capture_output=True, text=True, timeout=120
    )
    told = (line.split() for line in done.stdout.splitlines())
    return {int(seq): hash_ for seq, hash_ in told}, done.returncode == -signal.SIGKILL


async def _settled(room: Incident) -> Outcome:
    """The only action's outcome, once nothing more is to be waited for."""
    (digest,) = room.case.state.actions
    await eventually(lambda: room.runner.is_final(digest))
    return room.runner.outcome(digest)


def writes(plane: ControlPlane, name: str) -> Counter[str]:
    """Audit-IDs of the writes to a node by this console, as the API server's own log has them."""
    found: Counter[str] = Counter()
    for line in plane.audit_log.read_text().splitlines():
        event = json.loads(line) if '"patch"' in line else {}
        if (
            event.get("stage") == "ResponseComplete"
            and event["objectRef"].get("resource") == "nodes"
            and event["objectRef"].get("name") == name
            and "subresource" not in event["objectRef"]
            and "dryRun" not in event["requestURI"]
            and "fieldManager=" in event["requestURI"]
            and event["user"]["username"] == "admin"
        ):
            found[event["auditID"]] += 1
    return found
