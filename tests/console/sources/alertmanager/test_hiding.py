"""Silences are told for what they hide: everything, all of security, or that somebody made one; ours are no news."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from console.model.runtime import Alert
from console.model.severity import Severity
from console.model.silence import Matcher, Silence
from console.ports.clock import SystemClock
from console.ports.silences import recognise
from console.rules.translating import Translator
from console.sources.alertmanager import Alertmanager
from console.sources.alertmanager.hiding import ALL, MADE, SECURITY, _kind
from tests.console.sources.alertmanager.test_polling import OFTEN, alert, answering, asking, names, rounds
from tests.console.sources.sinks import Kept
from tests.console.sources.test_prometheus import scripted
from tests.means import alertmanager as real


def silence(server: real.Alertmanager, *matchers: tuple[str, str, bool, bool], comment: str = "quiet") -> str:
    """As somebody makes it: name, value, whether an expression, whether equal."""
    body: dict[str, Any] = {
        "matchers": [dict(zip(("name", "value", "isRegex", "isEqual"), one, strict=True)) for one in matchers],
        "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2090-01-01T00:00:00Z",
        "createdBy": "mallory", "comment": comment,
    }  # fmt: skip
    return str(server.call("POST", "/api/v2/silences", body)["silenceID"])


@pytest.mark.parametrize(
    ("matchers", "kind"),
    [
        ((Matcher("alertname", ".+", regex=True),), ALL),
        ((Matcher("alertname", "^.*$", regex=True), Matcher("severity", ".*", regex=True)), ALL),
        ((Matcher("severity", ".+", regex=True),), ALL),
        ((Matcher("alertname", "nobody", equal=False),), ALL),
        ((Matcher("alertname", ".+", regex=True), Matcher("namespace", ".*", regex=True)), ALL),
        ((Matcher("namespace", ".+", regex=True),), ""),
        ((Matcher("alertname", "Kube.+", regex=True),), ""),
        ((Matcher("alertname", "KubeAPIDown"),), ""),
        ((Matcher("category", "security"),), SECURITY),
        ((Matcher("alertname", ".+", regex=True), Matcher("team", "secops|infosec", regex=True)), SECURITY),
        ((Matcher("source", "falco"),), SECURITY),
        ((Matcher("category", "security"), Matcher("pod", "web-1")), ""),
        ((Matcher("alertname", "(", regex=True),), ""),
        ((Matcher("alertname", "(a*)*" * 50 + "b", regex=True),), ""),
        ((Matcher("severity", "critical"),), ""),
    ],
    ids=lambda one: ",".join(map(str, one))[:40] if isinstance(one, tuple) else one,
)
def test_a_silence_is_known_by_what_it_says_before_anything_fires(matchers: tuple[Matcher, ...], kind: str) -> None:
    assert _kind(Silence("1", "active", matchers), (), ()) == kind


async def test_one_that_hides_everything_is_told_once_and_stands_beside_the_source(
    alertmanager: real.Alertmanager,
) -> None:
    alertmanager.post(alert("KubeAPIDown"), alert("Slow", team="a"), alert("CertExpires"), alert("Watchdog"))
    async with asking(alertmanager.url, watchdog="Watchdog") as sink:
        await sink.until(lambda: len(names(sink)) == 3 and sink.healths)
        assert (sink.healths[-1].why, sink.healths[-1].note) == ("", "")
        made = silence(alertmanager, ("alertname", "KubeAPIDown|Slow|CertExpires", True, True), comment="night shift")
        await sink.until(lambda: sink.healths[-1].why)
        await rounds(sink)
        assert names(sink)[3:] == [ALL, MADE]
        assert sink.healths[-1].why == "a silence hides everything by mallory until 2090-01-01T00:00:00Z"
        assert sink.healths[-1].note == "1 silence hides 3 alerts"
        (told,) = (one for one in sink.signals if isinstance(one, Alert) and one.rule == ALL)
        assert told.text == (
            'a silence hides everything: {alertname=~"KubeAPIDown|Slow|CertExpires"} until 2090-01-01T00:00:00Z, '
            "by mallory: night shift"
        )
        assert made.encode() in next(batch.raw[0] for batch in sink.batches if told in batch.signals)
        alertmanager.unsilence(made)
        await sink.until(lambda: not sink.healths[-1].why and not sink.healths[-1].note)
    async with asking(alertmanager.url, watchdog="Watchdog", position=sink.position) as again:
        await rounds(again)
        assert names(again) == []


async def test_several_that_hide_everything_together_are_told(alertmanager: real.Alertmanager) -> None:
    alertmanager.post(alert("KubeAPIDown"), alert("Slow"), alert("CertExpires"))
    silence(alertmanager, ("alertname", "KubeAPIDown|Slow", True, True))
    silence(alertmanager, ("alertname", "CertExpires", False, True))
    async with asking(alertmanager.url) as sink:
        await sink.until(lambda: sink.healths)
        await rounds(sink)
    assert names(sink) == [ALL]
    assert sink.healths[-1].why == "silences hide all 3 alerts that fire"


async def test_one_that_hides_all_of_security_is_told_and_one_of_a_few_alerts_is_not(
    alertmanager: real.Alertmanager,
) -> None:
    alertmanager.post(
        alert("Miner", category="security"), alert("Shell", tactic="execution"), alert("Slow"), alert("KubeAPIDown")
    )
    silence(alertmanager, ("alertname", "Slow|KubeAPIDown", True, True))
    async with asking(alertmanager.url) as sink:
        await sink.until(lambda: sink.healths)
        assert sorted(names(sink)) == ["Miner", "Shell"], "what was silenced before is somebody's everyday work"
        silence(alertmanager, ("alertname", "Miner", False, True))
        await sink.until(lambda: MADE in names(sink))
        await rounds(sink)
        assert SECURITY not in names(sink)
        silence(alertmanager, ("alertname", "Miner|Shell", True, True))
        await sink.until(lambda: SECURITY in names(sink))


async def test_one_of_ours_is_no_news_unless_it_hides_everything(alertmanager: real.Alertmanager) -> None:
    """Whoever can read Alertmanager can write our mark into a comment too."""
    alertmanager.post(alert("KubeAPIDown"), alert("Slow"))
    sink = Kept()
    source = Alertmanager("alertmanager", alertmanager.url, SystemClock(), every=OFTEN)
    recognise((source,), lambda comment: comment.endswith("[ours]"))
    task = asyncio.create_task(source.run(sink, ""))
    try:
        await sink.until(lambda: sink.healths)
        silence(alertmanager, ("alertname", "Slow", False, True), comment="x [ours]")
        await sink.until(lambda: sink.healths[-1].note)
        silence(alertmanager, ("alertname", "KubeAPIDown", False, True), comment="theirs")
        await sink.until(lambda: MADE in names(sink))
        await rounds(sink)
        told = [one.text for one in sink.signals if isinstance(one, Alert) and one.rule == MADE]
        assert [text.rpartition(": ")[2] for text in told] == ["theirs"]
        silence(alertmanager, ("alertname", ".+", True, True), comment="y [ours]")
        await sink.until(lambda: ALL in names(sink))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_silences_that_cannot_be_read_keep_no_alert_from_being_told() -> None:
    def reply(handler: Any) -> None:
        if handler.path.startswith("/api/v2/silences"):
            answering(b'{"error": "no"}', 403)(handler)
        else:
            answering(b'[{"labels":{"alertname":"Slow"},"startsAt":"2026-01-01T00:00:00Z","fingerprint":"a"}]')(handler)

    with scripted(reply) as url:
        async with asking(url) as sink:
            await sink.until(lambda: sink.healths)
    assert names(sink) == ["Slow"]
    assert sink.healths[-1].state == "live"
    assert sink.healths[-1].note.startswith("silences are not read: the server refuses us (403)")


@pytest.mark.parametrize(
    ("rule", "known"), [(ALL, ("AM-SILENCED-ALL", "high")), (SECURITY, ("AM-SILENCED-SECURITY", "high"))]
)
def test_what_it_tells_has_a_meaning_and_a_level(rule: str, known: tuple[str, str]) -> None:
    one = Translator().finding_of(Alert("alertmanager", rule, Severity.HIGH, 1.0))
    assert (one.rule, one.severity) == known
    made = Translator().finding_of(Alert("alertmanager", MADE, Severity.HIGH, 1.0))
    assert (made.rule, made.severity) == ("AM-SILENCE-MADE", "low")
