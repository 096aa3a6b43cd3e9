"""Memory over ten million audit events: what the engine keeps of a trail, beside what it had after the first million.

    python -m benchmarks audit-memory          (some minutes)
    python -m benchmarks.streaming --events N

In a process of its own: the events come in a stream and are kept by nobody but rules, ledger and trail. One in twenty
is of a user, an agent, an address and an object never seen before, so that everything that can fill up does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import psutil

from benchmarks.figures import Figure
from benchmarks.storing import troubled
from console.model.envelopes.blocks import Block
from console.model.envelopes.reading import read_lines
from console.rules.detector import Detector
from console.rules.ledger import StreamLedger
from console.rules.offline import feed_lines, shipped_rules
from console.rules.trail import Trail

FLAT = 1.05
"""Times the memory after the first million."""
_FIRST, _ALL = 1_000_000, 10_000_000
_MIX, _BLOCK, _NEW = 20_000, 150, 20


def _template(line: bytes, number: int) -> bytes:
    """A line with marks for what differs each time it is sent."""
    event = msgspec.json.decode(line) | {
        "auditID": "@id@",
        "requestReceivedTimestamp": "@at@",
        "stageTimestamp": "@at@",
    }
    if number % _NEW == 0:
        event["user"] = event["user"] | {"username": "u-@new@"}
        event["objectRef"] = event["objectRef"] | {"name": "o-@new@"}
        event |= {"userAgent": "agent/@new@", "sourceIPs": ["2001:db8::@new@"], "requestURI": "/api/v1/o-@new@"}
    return msgspec.json.encode(event)


def blocks(count: int) -> Iterator[bytes]:
    """So many events, as blocks of lines, two thousand a second of their own time."""
    templates = [_template(line, number) for number, line in enumerate(troubled(_MIX))]
    for start in range(0, count, _BLOCK):
        second = start // 2000
        at = (
            f"2026-11-{1 + second // 86400:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"
        )
        lines = []
        for number in range(start, min(start + _BLOCK, count)):
            line = templates[number % _MIX].replace(b"@id@", b"%032x" % number).replace(b"@at@", at.encode())
            lines.append(line.replace(b"@new@", b"%x" % (number // 65536) + b":%x" % (number % 65536)))
        yield b"\n".join(lines) + b"\n"


def _sent(count: int) -> dict[str, float]:
    """Resident MiB after the first tenth and after all, and how long it took."""
    detector, ledger, trail = Detector(shipped_rules()), StreamLedger(), Trail()
    process, seen, first, began = psutil.Process(), 0, 0.0, time.process_time()
    for text in blocks(count):
        block = Block(text)
        feed_lines(block, detector)
        events, _ = read_lines(list(block))
        ledger.feed(events)
        trail.feed(events)
        seen += len(block)
        if not first and seen >= count * _FIRST // _ALL:
            first = process.memory_info().rss / (1 << 20)
    assert seen == detector.events == count
    return {
        "first": first,
        "last": process.memory_info().rss / (1 << 20),
        "findings": len(detector.findings()),
        "dropped": detector.dropped,
        "seconds": time.process_time() - began,
    }


def streaming(count: int = _ALL) -> Iterator[Figure]:
    """The process is measured by itself, so what other rows left behind does not count."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--events", str(count)]
    told = msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout)
    note = (
        f"{count:,} events; baseline: after a tenth of them; {told['findings']:.0f} findings kept, "
        f"{told['dropped']:,.0f} given up; {told['seconds']:.0f} s of CPU with making the events"
    )
    yield Figure("audit-memory", told["last"], "MiB", None, told["first"], FLAT, note)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=_ALL)
    sys.stdout.buffer.write(msgspec.json.encode(_sent(parser.parse_args().events)))


if __name__ == "__main__":
    main()
