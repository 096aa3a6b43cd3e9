"""Which server a call of a plan goes to: the API server, or Alertmanager for its silences.

In: references and requests of the runner. Out: objects and answers in one shape for both, so that intents, effects and
what became of a lost answer are the same code. A silence has no name: ours bear a marker in their comment, which is
unique, and that is the name here; its id is the uid.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.actions.case import Case
from console.actions.fetching import read
from console.errors import Refused
from console.model.ref import ResourceRef
from console.ports.cluster import Reply, Request
from console.ports.silences import Silences

SILENCE = "Silence"
"""Kind of the references that are not the API server's."""
NO_ALERTMANAGER = (
    "No Alertmanager is configured, so no alert can be silenced here. Name it: alertmanager under [sources] in the "
    "settings, or --alertmanager URL, then `warroom stop` and start again."
)


def is_elsewhere(ref: ResourceRef) -> bool:
    """Whether another server than the API server has it: no dry run, no access review, no watch."""
    return ref.kind == SILENCE


async def read_there(case: Case, ref: ResourceRef) -> dict[str, Any] | None:
    """The object as it is now, None when it is not there. One that is named by its id is gone once it has expired."""
    if not is_elsewhere(ref):
        return await read(case.cluster, ref)
    server = _server(case)
    found = await (server.silence(ref.uid) if ref.uid else server.find(ref.name))
    if found is None or (ref.uid and found.state == "expired"):
        return None
    return {"metadata": {"name": ref.name, "uid": found.id}, "silence": msgspec.to_builtins(found)}


async def send_there(case: Case, ref: ResourceRef, request: Request, within: float) -> Reply:
    """One request to the server that has the object."""
    if not is_elsewhere(ref):
        return await case.cluster.send(request, within=within)
    return await _server(case).send(request, within)


def _server(case: Case) -> Silences:
    if case.silences is None:  # planned by an engine that had one
        raise Refused(NO_ALERTMANAGER)
    return case.silences
