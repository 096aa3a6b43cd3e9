"""How fast audit events are matched by all shipped rules, from a file, on one core; and how that grows with rules.

    python -m benchmarks.matching [--events N] [--log FILE]

Prints events per second and the ratio to reading them all and matching none, for a mix like that of a working cluster
(or the log given), and for 60, 300 and 1,000 rules spread over verbs and resources, and the worst case: all on one key.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Figure
from console.model.audit import AuditEvent
from console.model.runtime import Sensed
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.offline import Sink, feed_file, shipped_rules
from console.rules.rule import Rule

_CORE = "system:serviceaccount:kube-system:"
_MANAGER = f"kube-controller-manager/v1.33.1 (linux/amd64) kubernetes/8adc0f0/{_CORE}"
_PAD = {f"key-{index}": "value " * 6 for index in range(12)}


def _event(number: int, draw: random.Random) -> dict[str, Any]:
    """One event of the mix: mostly nodes and controllers at work, some people, a few secrets and sessions."""
    kinds = (
        (30, "system:node:n%d", "kubelet/v1.33.1 (linux/amd64)", "update", "leases", ""),
        (14, "system:node:n%d", "kubelet/v1.33.1 (linux/amd64)", "patch", "pods", "status"),
        (8, "system:node:n%d", "kubelet/v1.33.1 (linux/amd64)", "get", "configmaps", ""),
        (12, _CORE + "replicaset-controller", _MANAGER, "watch", "pods", ""),
        (10, _CORE + "deployment-controller", _MANAGER, "update", "deployments", "status"),
        (6, _CORE + "endpointslice-controller", _MANAGER, "update", "endpointslices", ""),
        (8, "system:serviceaccount:monitoring:prometheus", "Prometheus/3.1", "list", "pods", ""),
        (5, "jane", "kubectl/v1.33.1 (linux/amd64)", "get", "pods", ""),
        (3, "jane", "kubectl/v1.33.1 (linux/amd64)", "patch", "deployments", ""),
        (2, "system:serviceaccount:shop:web", "okhttp/4.12", "get", "secrets", ""),
        (1, "jane", "kubectl/v1.33.1 (linux/amd64)", "create", "pods", ""),
        (1, "jane", "kubectl/v1.33.1 (linux/amd64)", "get", "pods", "exec"),
    )  # fmt: skip
    _, user, agent, verb, resource, sub = draw.choices(kinds, [kind[0] for kind in kinds])[0]
    name = f"{resource[:-1]}-{number % 500}"
    moment = (
        f"2026-11-23T{number // 360000 % 24:02}:{number // 6000 % 60:02}:{number // 100 % 60:02}.{number % 100:02}0000Z"
    )
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse" if verb in ("create", "update", "patch") else "Metadata",
        "auditID": f"{draw.getrandbits(128):032x}",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/shop/{resource}/{name}" + (f"/{sub}?command=sh" if sub else ""),
        "verb": verb,
        "user": {
            "username": user % (number % 50) if "%" in user else user,
            "groups": ["system:authenticated"],
            "extra": {"authentication.kubernetes.io/credential-id": [f"JTI={draw.getrandbits(64):x}"]},
        },
        "sourceIPs": ["10.0.0.7"],
        "userAgent": agent,
        "objectRef": {"resource": resource, "namespace": "shop", "name": name, "apiVersion": "v1", "subresource": sub},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": moment,
        "stageTimestamp": moment,
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "RBAC: allowed " * 4},
    }
    if event["level"] == "RequestResponse":
        body = {"metadata": {"name": name, "labels": _PAD}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
        event["requestObject"] = event["responseObject"] = body
    return event


def synthetic(count: int) -> list[bytes]:
    """Lines of the mix, about 1.5 KB each."""
    draw = random.Random(7)
    return [msgspec.json.encode(_event(number, draw)) for number in range(count)]


def _timed(lines: list[bytes], rules: RuleSet | None) -> float:
    """Events per second of what `warroom detect` does with a file or, without rules, of reading its events."""
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        file.write(b"\n".join(lines) + b"\n")
        file.flush()
        sink: Sink = Detector(rules) if rules else _Nothing()
        gc.collect()
        start = time.process_time()
        feed_file(file.name, sink)
        return sink.events / (time.process_time() - start)


class _Nothing:
    """Takes events and does nothing with them."""

    rules = RuleSet(())
    events = 0

    def feed(self, batch: Sequence[AuditEvent], raw: Sequence[bytes] = (), source: str = "") -> None:
        self.events += len(batch)

    def sense(self, batch: Sequence[Sensed], raw: Sequence[bytes] = (), source: str = "") -> None:
        self.events += len(batch)


def spread(count: int, one_key: bool = False) -> RuleSet:
    """Made-up rules: over verbs and resources as real sets are, one in twenty without a key; or all on one key."""
    verbs = ("create", "update", "patch", "delete", "get", "list")
    resources = (
        "pods",
        "deployments",
        "secrets",
        "configmaps",
        "services",
        "roles",
        "jobs",
        "nodes",
        "ingresses",
        "events",
    )
    rules = []
    for number in range(count):
        search: dict[str, Any] = {"user.username|startswith": f"mallory-{number}"}
        if one_key:
            search = {"verb": "patch", "objectRef.resource": "deployments", "objectRef.name|startswith": f"m-{number}"}
        elif number % 20:
            search |= {"verb": verbs[number % 6], "objectRef.resource": resources[number % 10]}
        detection = {"selection": search, "condition": "selection"}
        rules.append(Rule(f"R{number}", f"rule {number}", Severity.LOW, detection, "benchmark"))
    return RuleSet(rules)


MATCHED = 150_000.0
"""Events a second that all shipped rules must look at."""


def matching(events: int = 100_000) -> Iterator[Figure]:
    """All shipped rules over the mix, as a row of `make bench`; reading all of them is the baseline of the note."""
    lines, rules = synthetic(events), shipped_rules()
    decode = max(_timed(lines, None) for _ in range(3))
    rate = max(_timed(lines, rules) for _ in range(3))
    note = f"{len(rules.rules)} rules; {decode / rate:.2f} x the time of reading every event in full"
    yield Figure("audit-matched", rate, "ev/s", MATCHED, note=note, at_least=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    lines = options.log.read_bytes().splitlines() if options.log else synthetic(options.events)
    print(f"{len(lines)} events, mean {sum(map(len, lines)) / len(lines):.0f} bytes")
    decode = max(_timed(lines, None) for _ in range(5))
    print(f"{'every event read, none matched':34} {decode:10,.0f} events/s")
    shipped = shipped_rules()
    rate = max(_timed(lines, shipped) for _ in range(5))
    print(f"{f'all {len(shipped.rules)} shipped rules':34} {rate:10,.0f} events/s   {decode / rate:5.2f} x reading")
    base = 0.0
    for count in (60, 300, 1000):
        rate = max(_timed(lines, rules) for rules in [spread(count)] for _ in range(3))
        base = base or rate
        print(f"{f'{count} rules over 60 keys':34} {rate:10,.0f} events/s   {base / rate:5.2f} x the time of 60")
    rate = _timed(lines[: len(lines) // 10], spread(1000, one_key=True))
    print(f"{'worst case: 1000 rules on one key':34} {rate:10,.0f} events/s")


if __name__ == "__main__":
    main()
