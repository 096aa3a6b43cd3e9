"""A rule's own samples: what it must find, what it must not, and what it may find only quietly.

A sample is an audit event cut to what matters, filled in here as an API server would write it; a record of a sensor; or
a manifest. Out: a sentence for each sample that the rules judge otherwise. Nothing but tests and `warroom rules test`
reads samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_record
from console.model.provider import EKS
from console.model.runtime import Sensed
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import load_rule, load_samples
from console.rules.lookout import Lookout
from console.rules.watched import change_of

_numbers = itertools.count()
_KUBECTL = "kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0"
_PARTS = ("match", "silent", "quiet", "history")
_BEGUN = 1_795_417_200.0

Sample = Mapping[str, Any]


def whole(partial: Sample, second: int = 0) -> dict[str, Any]:
    """The event with everything filled in that `partial` leaves out; `second` is its place in time."""
    moment = _moment(second)
    reference = partial.get("objectRef", {})
    space = f"/namespaces/{reference['namespace']}" if "namespace" in reference else ""
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse" if "requestObject" in partial else "Metadata",
        "auditID": f"00000000-0000-4000-8000-{next(_numbers):012x}",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1{space}/{reference.get('resource', '')}",
        "verb": "get",
        "user": {"username": "jane", "groups": ["dev", "system:authenticated"]},
        "sourceIPs": ["10.0.0.7"],
        "userAgent": _KUBECTL,
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": moment,
        "stageTimestamp": moment,
    }
    return event | {key: value for key, value in partial.items() if value is not None}


def line(partial: Sample, second: int = 0) -> bytes:
    """The event as the API server writes it into its log."""
    return msgspec.json.encode(whole(partial, second))


def read(partials: Sequence[Sample]) -> list[AuditEvent]:
    """The events as sources hand them on, a second apart."""
    records = (one for second, partial in enumerate(partials) for one in read_record(line(partial, second)))
    return [one for one in records if isinstance(one, AuditEvent)]


def told(samples: Sequence[Sample]) -> list[Sensed]:
    """What sensors tell in these records, which are theirs but for the time: a second apart."""
    lines = (msgspec.json.encode({**one, "time": _moment(second)}) for second, one in enumerate(samples))
    return [one for text in lines for one in read_record(text) if not isinstance(one, AuditEvent)]


def days_before(partials: Sequence[Sample]) -> Iterator[list[AuditEvent]]:
    """The events again and again over the three days before all others, as an identity's habits are; the last time in
    the hour before."""
    for day in (20, 21, 22, 23):
        for hour in range(0, 24 if day < 23 else 7, 3):
            at = f"2026-11-{day}T{hour:02}:00:00.000000Z"
            yield read([{**one, "requestReceivedTimestamp": at, "stageTimestamp": at} for one in partials])


def _moment(second: int) -> str:
    return f"2026-11-23T07:{second // 60:02}:{second % 60:02}.000000Z"


def misjudged(path: Path, rules: RuleSet) -> list[str]:
    """What the samples of a rule file say and the rules do not, as sentences; empty when all hold.

    Raises:
        BadInput: the rule or its samples cannot be read.
    """
    rule, samples = load_rule(path), load_samples(path)
    for part in _PARTS:
        given = samples.get(part, [])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise BadInput(f"{path.name}: `{part}` of its samples is no list of events")
    if not samples.get("match"):
        return [f"{rule.id} has no sample that it must find: nothing shows that it works"]
    together = rule.threshold is not None or rule.after is not None
    cases = [samples["match"]] if together else [[event] for event in samples["match"]]
    before = samples.get("history", ())
    return list(_missed(rule.id, cases, rules, before)) + [
        f"{rule.id} finds what it must {'keep silent about' if floor is Severity.INFO else 'call less than medium'}:"
        f" {_short(event)}"
        for part, floor in (("silent", Severity.INFO), ("quiet", Severity.MEDIUM))
        for event in samples.get(part, ())
        if rule.id in _found(rule.id, [event], rules, floor, before)
    ]


def _missed(rule: str, cases: list[list[Sample]], rules: RuleSet, before: Sequence[Sample]) -> Iterator[str]:
    for case in cases:
        if rule not in _found(rule, case, rules, Severity.INFO, before):
            yield f"{rule} does not find {_short(case[0])}{f' and {len(case) - 1} more' if len(case) > 1 else ''}"


def _found(
    rule: str, events: Sequence[Sample], rules: RuleSet, floor: Severity, before: Sequence[Sample] = ()
) -> set[str]:
    rules.run_at(EKS)  # some samples are of that cloud's own hands
    if rules.reads(rule) == "object":
        lookout = Lookout(rules)
        shown = lookout.add(lookout.feed([change_of(one, _BEGUN + second) for second, one in enumerate(events)]))
        return {finding.rule for finding in shown if finding.severity.at_least(floor)}
    detector = Detector(rules)
    if rules.reads(rule) == "audit":
        for day in days_before(before):
            detector.feed(day)
        detector.feed(read(events))
    else:
        detector.sense(told(events))
    return {finding.rule for finding in detector.findings() if finding.severity.at_least(floor)}


def _short(event: Sample) -> str:
    text = msgspec.json.encode(event).decode()
    return text if len(text) <= 300 else f"{text[:299]}…"
