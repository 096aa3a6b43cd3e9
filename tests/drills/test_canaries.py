"""No planted secret leaves the engine, by any topic, text, plan, record, file of it or log line."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.drill.logs import Logs
from console.drill.responder import rows_of
from console.journal.exporting import lines
from console.model.instants import stamp
from console.ports.session import Arm, Detail, Note, PlanAction
from console.ports.views import TOPICS, Answer, Refusal, TextView
from console.rules.offline import FOUND, detect
from tests.drills.planting import HEAD, WORDS, forms, of, plant, write_audit
from tests.drills.room import Room, room

BROWSED = ("Pod", "Deployment", "ConfigMap", "Event", "ReplicaSet")
TEXTS = ("detail", "manifest", "logs", "previous", "timeline", "brief")


def leaks(text: str) -> list[str]:
    """Every planted word in a text, in any of its forms, with what stands around it."""
    found = [form for word in (*WORDS, HEAD) for form in forms(word) if form in text]
    return [text[max(0, text.index(form) - 80) : text.index(form) + 60] for form in found]


async def _rows(at: Room) -> dict[str, list[Any]]:
    topics = [*TOPICS, *(f"browse:{kind}:shop" for kind in BROWSED)]
    return {topic: list(await rows_of(at.session, topic)) for topic in topics}


async def _until_found(at: Room) -> None:
    for _ in range(60):
        by = [row for row in await rows_of(at.session, "findings") if "mallory" in str(row)]
        pods = [row.key for row in await rows_of(at.session, "browse:Pod:shop")]
        if len(by) >= 8 and any(key.startswith("Pod/shop/leaky-") for key in pods):
            return
        await at.clock.sleep(1)
    raise AssertionError("the planted audit log led to too few findings")


async def _read_everything(at: Room) -> dict[str, Answer]:
    rows = await _rows(at)
    asked: dict[str, Answer] = {}
    for row in rows["findings"]:
        for what in ("detail", "brief"):
            asked[f"{what} {row.key}"] = await at.session.ask(Detail("findings", row.key, what))
    keys = [row.key for topic in ("resources", *(f"browse:{kind}:shop" for kind in BROWSED)) for row in rows[topic]]
    for key in [key for key in dict.fromkeys(keys) if "leaky" in key or "created" in key]:
        for what in TEXTS:
            asked[f"{what} {key}"] = await at.session.ask(Detail("resources", key, what))
    pod = next(key for key in keys if key.startswith("Pod/shop/leaky-"))
    for action, target in (
        ("evidence.pod", pod),
        ("pod.quarantine", pod),
        ("pod.delete", pod),
        ("workload.suspend", "Deployment/shop/leaky"),
        ("sa.revoke", "ServiceAccount/shop/web"),
    ):
        asked[f"plan {action}"] = await at.session.ask(PlanAction(action, target, dry_run=action != "evidence.pod"))
    return asked


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers that log what they should not."""
    said = f"connecting with password={of('log')} and Authorization: Bearer {of('log')}"
    real = Logs.__init__
    monkeypatch.setattr(Logs, "__init__", lambda self, images: real(self, {**images, "leaky": [said]}))


async def test_no_planted_secret_leaves_the_engine(
    tmp_path: Path, talkative: None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    audit = tmp_path / "audit.log"
    audit.touch()
    async with room(tmp_path / "state", audit=audit) as at:
        plant(at.drill.server)
        write_audit(audit, stamp(at.clock.now()))
        await at.session.ask(Arm("test"))
        await at.session.ask(Note(f"seen: password={of('log')}"))
        await _until_found(at)
        asked = await _read_everything(at)
        rows = await _rows(at)
        record = b"".join(lines(at.read()))
        files = {
            path.name: path.read_bytes()
            for path in (tmp_path / "state").rglob("journal.*")
            if path.is_file() and path.suffix != ".reserve"
        }

    texts = {name: msgspec.json.encode(answer).decode() for name, answer in asked.items()}
    texts |= {f"rows {topic}": msgspec.json.encode(found).decode() for topic, found in rows.items()}
    texts |= {"record": record.decode(), "log": caplog.text, "streams": "".join(capfd.readouterr())}
    texts |= {name: data.decode("latin-1") for name, data in files.items()}
    assert not any(isinstance(asked[name], Refusal) for name in asked if name.startswith(("plan", "detail", "brief")))
    assert {name: found for name, text in texts.items() if (found := leaks(text))} == {}
    shown = [answer for answer in asked.values() if isinstance(answer, TextView)]
    masked = sum("⟨" in line for view in shown for _, line in view.lines)
    assert masked >= 15, "too little was masked for the places to have been shown at all"
    assert "⟨" in texts["record"]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_no_planted_secret_leaves_the_offline_detection(tmp_path: Path, as_json: bool) -> None:
    audit, out, err = tmp_path / "audit.log", io.StringIO(), io.StringIO()
    write_audit(audit, "2026-05-28T00:00:00Z")

    assert detect([str(audit)], "auto", "info", out, err, as_json=as_json) == FOUND

    assert out.getvalue().count("mallory") >= 8
    assert leaks(out.getvalue() + err.getvalue()) == []
