"""The evidence gate looks at the sealed bytes, not at what the record says of them, and never on the loop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.actions.case import Case
from console.actions.chronicle import Chronicle
from console.actions.desk import CaseDesk
from console.actions.gate import pass_gate, without_evidence
from console.actions.names import Names
from console.actions.registry import Registry
from console.errors import Refused
from console.hygiene.exporting import Exporter
from console.journal.evidence import FileEvidence
from console.journal.sqlite import SqliteJournal
from console.model.ref import BY_KIND
from console.ports.clock import ManualClock

POD = BY_KIND["Pod"].ref("shop", "web", "u1")
NODE = BY_KIND["Node"].ref("", "n1", "u2")


class Store(FileEvidence):
    """The real store, which remembers the threads that read it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.readers: set[int] = set()

    def get(self, digest: str) -> bytes:
        self.readers.add(threading.get_ident())
        return super().get(digest)


class Room:
    """A record and a store, without a cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.export = folder, ManualClock(), Exporter(b"secret")
        self.store, self.journal = Store(folder / "evidence"), SqliteJournal(folder / "journal.db")
        chronicle = Chronicle(self.journal, self.clock)
        nobody: Any = None
        names = Names(b"secret", chronicle, self.export)
        self.case = Case(nobody, chronicle, self.store, self.export, self.clock, Registry(), nobody, names)
        self.desk = CaseDesk(self.case)

    def blob(self, digest: str) -> Path:
        return self.folder / "evidence" / digest[:2] / digest

    async def missing(self) -> str:
        return "; ".join(gap.words for gap in await without_evidence(self.case, (POD,)))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.journal.close()


async def _sealed(room: Room) -> dict[str, str]:
    """A pod of two containers, captured."""
    return {
        "pod.yaml": await room.desk.capture("pod.yaml", POD, b"{}"),
        "app": await room.desk.capture("pod.logs", POD, b"app line", "container app"),
        "side": await room.desk.capture("pod.logs", POD, b"side line", "container side"),
    }


async def test_what_is_sealed_and_there_passes(room: Room) -> None:
    await _sealed(room)

    assert await room.missing() == ""
    await pass_gate(room.case, (POD,), "")


@pytest.mark.parametrize("item", ["pod.yaml", "app", "side"])
@pytest.mark.parametrize("altered", [True, False])
async def test_bytes_that_are_gone_or_altered_are_no_evidence(room: Room, item: str, altered: bool) -> None:
    blobs = await _sealed(room)
    file = room.blob(blobs[item])
    file.write_bytes(b"nothing happened here") if altered else file.unlink()

    with pytest.raises(Refused, match="was altered" if altered else "is not in") as refused:
        await pass_gate(room.case, (POD,), "")

    assert "Pod shop/web of which there is no evidence" in str(refused.value)
    assert "Capture it first" in str(refused.value)
    await pass_gate(room.case, (POD,), "it burns")


async def test_what_was_captured_again_counts(room: Room) -> None:
    blobs = await _sealed(room)
    for name, data in (("pod.yaml", b"{}"), ("app", b"app line")):
        room.blob(blobs[name]).write_bytes(b"altered")
        assert "was altered" in await room.missing()
        await room.desk.capture("pod.yaml" if name == "pod.yaml" else "pod.logs", POD, data, "container app")
        assert await room.missing() == ""


async def test_a_log_that_was_spoilt_and_can_no_more_be_had_is_tried_for(room: Room) -> None:
    room.blob((await _sealed(room))["app"]).unlink()

    await room.desk.miss("pod.logs", POD, "container side: it is gone")
    assert "pod.logs" in await room.missing()
    await room.desk.miss("pod.logs", POD, "container app: it is gone")
    assert await room.missing() == ""


async def test_what_belongs_to_a_pod_is_not_its_own_manifest(room: Room) -> None:
    await room.desk.capture("owner.yaml", POD, b"[]")
    await room.desk.miss("pod.logs", POD, "container app: not yet")

    assert await room.missing() == "Pod shop/web was not captured"


async def test_an_object_that_is_no_pod_wants_its_manifest_only(room: Room) -> None:
    await room.desk.capture("node.yaml", NODE, b"{}")

    assert await without_evidence(room.case, (NODE,)) == ()


async def test_no_blob_is_read_or_hashed_on_the_loop(room: Room) -> None:
    await _sealed(room)

    await without_evidence(room.case, (POD,))
    assert await room.desk.has_evidence("pod.logs", "u1")

    assert room.store.readers
    assert threading.get_ident() not in room.store.readers
