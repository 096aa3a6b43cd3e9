"""Runs all rules over audit files: no cluster, no engine, no state. What `warroom detect` does.

In: paths (`-` is standard input; gzip is recognised), the format of the records. Out: one line per finding, the worst
first, and the exit code; malformed lines are counted on the error stream. Memory is bounded whatever the size.
Findings leave through the exporter only.
"""

from __future__ import annotations

import gzip
import io
import secrets
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, TextIO, cast

import msgspec

from console.errors import BadInput, DataError
from console.hygiene.exporting import Exporter
from console.model.audit import AuditEvent
from console.model.envelopes.blocks import Block
from console.model.envelopes.reading import FORMATS, LINE_LIMIT, provider_in, read_lines, read_record
from console.model.envelopes.times import format_time
from console.model.finding import Finding
from console.model.provider import PROVIDERS
from console.model.runtime import Sensed
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import load_rules
from console.rules.skimming import unskimmed
from console.rules.stories import Storyteller

_BLOCK = 1 << 18
"""Bytes read at once: what is made of them fits into the cache of a processor."""
_WHOLE = 64 << 20
"""Bytes of a file that is looked at as one JSON document when none of its lines is an event."""
FOUND, NOTHING, UNREADABLE = 10, 0, 2


class Sink(Protocol):
    """What takes the events of a file: a detector, or what explains a rule."""

    rules: RuleSet
    events: int
    """Taken in so far."""

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> Any:
        """More events, and the record behind each."""
        ...

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> Any:
        """More of what sensors tell, and the record behind each."""
        ...


def shipped_rules() -> RuleSet:
    """The rules of the product, compiled; its `faults` name what could not be used."""
    loaded = load_rules()
    return RuleSet(loaded.rules, loaded.faults)


def detect(
    paths: Sequence[str],
    form: str = "auto",
    min_severity: str = "medium",
    out: TextIO = sys.stdout,
    err: TextIO = sys.stderr,
    *,
    as_json: bool = True,
    rules: RuleSet | None = None,
) -> int:
    """Run all rules over the files and write what they find.

    Returns:
        0 nothing at or above `min_severity`, 10 something, 2 a file cannot be read or no line is an event.
    """
    exporter = Exporter(secrets.token_bytes(32))
    try:
        floor = checked(form, min_severity)
        detector, failed = _run(paths, form, lambda text: print(exporter(text), file=err), rules or shipped_rules())
    except BadInput as error:
        print(exporter(str(error)), file=err)
        return UNREADABLE
    shown = show(detector, floor, exporter, out, err, as_json=as_json)
    if failed or not detector.events:
        return UNREADABLE
    return FOUND if shown else NOTHING


def show(
    detector: Detector, floor: Severity, exporter: Exporter, out: TextIO, err: TextIO, *, as_json: bool
) -> list[Finding]:
    """Write what was found, and give it back."""
    shown = [finding for finding in told(detector.findings()) if finding.severity.at_least(floor)]
    for finding in shown:
        print(line_of(finding, exporter) if as_json else sentence_of(finding, exporter), file=out)
    if detector.dropped:
        print(
            f"{detector.dropped} findings were given up: more than can be kept; the least severe went first", file=err
        )
    return shown


def told(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the stories they are part of, the worst first."""
    teller = Storyteller(max(len(findings), 1))
    teller.feed(sorted(findings, key=lambda one: one.first))
    return sorted(teller.findings(), key=lambda one: (one.severity.rank, -one.last))


def checked(form: str, min_severity: str) -> Severity:
    """The least severity that is shown. Raises BadInput for a format or severity there is not."""
    if form not in FORMATS:
        raise BadInput(f"unknown format {form!r}; give one of {', '.join(FORMATS)}")
    try:
        return Severity(min_severity)
    except ValueError:
        raise BadInput(f"unknown severity {min_severity!r}; give one of {', '.join(Severity)}") from None


def _run(paths: Sequence[str], form: str, tell: Callable[[str], None], rules: RuleSet) -> tuple[Detector, bool]:
    """`tell` cleans: an attacker may have named the file."""
    for fault in rules.faults:
        tell(str(fault))
    detector, failed = Detector(rules), False
    for path in paths:
        before = detector.events
        try:
            malformed = feed_file(path, detector, form)
        except BadInput as error:
            tell(str(error))
            failed = True
            continue
        if malformed:
            tell(f"{path}: {malformed} malformed lines were skipped")
        if detector.events == before:
            tell(f"{path}: no line is an audit event or what a sensor tells; is --format right?")
    return detector, failed


def feed_file(path: str, detector: Sink, form: str = "auto") -> int:
    """Feeds one file; returns how many lines were malformed.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return _feed_file(path, detector, form)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadInput(f"{path}: cannot be read: {reason}; check the path and its permissions") from None


def _feed_file(path: str, detector: Sink, form: str) -> int:
    source = "stdin" if path == "-" else Path(path).name
    malformed, before, head, begun = 0, detector.events, bytearray(), False
    with _opened(path) as stream:
        for lines, torn in _blocks(stream):
            malformed += torn
            if not begun and lines:
                begun = True
                detector.rules.run_at(form if form in PROVIDERS else provider_in(lines[0]))
            if detector.events == before and len(head) < _WHOLE:
                head += b"\n".join(lines) + b"\n"
            malformed += feed_lines(lines, detector, source, form)
            if detector.events != before:
                head.clear()
    if detector.events == before and head and _feed_document(bytes(head), detector, source, form):
        return 0  # not lines, but one document (an EventList, an array) written over many
    return malformed


def _feed_document(text: bytes, detector: Sink, source: str, form: str) -> bool:
    """Feeds a whole file that is one JSON document; tells whether it was one."""
    try:
        signals = read_record(text, form, _WHOLE)
    except DataError:
        return False
    detector.feed([one for one in signals if isinstance(one, AuditEvent)], source=source)
    detector.sense([one for one in signals if not isinstance(one, AuditEvent)], source=source)
    return True


def feed_lines(lines: Sequence[bytes], detector: Sink, source: str = "", form: str = "auto") -> int:
    """Feeds lines to a detector; returns how many were malformed."""
    faults: list[bytes] = []
    if isinstance(lines, Block) and isinstance(detector, Detector):
        whole = len(lines)
        lines = unskimmed(lines, detector.passed_over)
        detector.events += whole - len(lines)
    sensed: list[tuple[Sensed, bytes]] = []
    events, raw = read_lines(lines, form, faults.append, lambda one, line: sensed.append((one, line)))
    detector.feed(events, raw, source)
    if sensed:
        detector.sense([one for one, _ in sensed], [line for _, line in sensed], source)
    return len(faults)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """The unpacked content. Opened once: what is read of a pipe, as in `<(zcat audit-*.gz)`, cannot be read again."""
    with ExitStack() as stack:
        stdin = cast("io.BufferedReader", sys.stdin.buffer)
        stream = stdin if path == "-" else stack.enter_context(Path(path).open("rb"))
        packed = stream.peek(2)[:2] == b"\x1f\x8b"
        yield cast("IO[bytes]", stack.enter_context(gzip.open(stream))) if packed else stream


def _blocks(stream: IO[bytes]) -> Iterator[tuple[Block, int]]:
    """Whole lines in blocks, and how many over-long lines were left out of each."""
    rest: list[bytes] = []
    skipping = False
    while block := stream.read(_BLOCK):
        torn, end = 0, block.rfind(b"\n") + 1
        text = b""
        if end:
            text = b"".join((*rest, block[:end]))
            rest, block = [], block[end:]
        if skipping and text:
            text, skipping = text[text.index(b"\n") + 1 :], False
        rest.append(block)
        if skipping or sum(map(len, rest)) > LINE_LIMIT:
            torn, rest, skipping = (0 if skipping else 1), [], True
        yield Block(text), torn
    if not skipping and (text := b"".join(rest)):
        yield Block(text), 0


def line_of(finding: Finding, exporter: Exporter) -> str:
    """The finding as one line of JSON: the stable contract of `warroom detect`."""
    who, on = finding.who, finding.target
    record = {
        "rule": finding.rule,
        "catalogue": list(finding.catalogue),
        "severity": finding.severity.value,
        "attack": list(finding.attack),
        "first": format_time(finding.first),
        "last": format_time(finding.last),
        "count": finding.count,
        "who": {
            "user": exporter(who.user),
            "as": exporter(who.as_user),
            "groups": exporter.many(who.groups),
            "ip": exporter(who.ip),
            "agent": exporter(who.agent),
            "pod": exporter(who.pod),
            "node": exporter(who.node),
            "credential": exporter(who.credential),
        },
        "target": {
            "group": exporter(on.group),
            "kind": exporter(on.kind),
            "subresource": exporter(on.subresource),
            "namespace": exporter(on.namespace),
            "name": exporter(on.name or on.path),
            "uid": exporter(on.uid),
        },
        "source": exporter(finding.source),
        "sources": exporter.many(finding.told_by),
        "story": finding.story,
        "events": exporter.many(finding.events),
    }
    return msgspec.json.encode(record).decode()


def sentence_of(finding: Finding, exporter: Exporter) -> str:
    """The finding for a person, in one line."""
    on = finding.target
    where = "/".join(part for part in (on.namespace, on.name or on.path) if part)
    what = f"{on.kind}{'/' + on.subresource if on.subresource else ''} {where}".strip()
    who = finding.who
    user = who.user or (f"pod {who.pod}" if who.pod else "")
    user += f" as {who.as_user}" if who.as_user else ""
    return (
        f"{finding.severity.value.upper():8} {format_time(finding.last)[:19]}Z {finding.count:>5} "
        f"{exporter(finding.title):40} {exporter(what)}  {exporter(user)}"
    ).rstrip()
