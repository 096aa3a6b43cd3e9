"""Signal sources of a running engine: a real Prometheus, and audit batches by webhook, from settings to findings."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator

import pytest

from console.ports.views import FindingRow, HeaderView
from tests.controlplane.running import ControlPlane, free_ports
from tests.engine.running import Installation, until
from tests.means.prometheus import Prometheus

EVENT = {
    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "5f1c", "stage": "ResponseStarted",
    "requestURI": "/api/v1/namespaces/pay/pods/ledger/exec?command=sh&container=ledger&stdin=true&tty=true",
    "verb": "get", "user": {"username": "mallory", "groups": ["system:authenticated"]},
    "sourceIPs": ["192.0.2.66"], "userAgent": "kubectl/v1.36.0",
    "objectRef": {"resource": "pods", "namespace": "pay", "name": "ledger", "apiVersion": "v1", "subresource": "exec"},
    "responseStatus": {"metadata": {}, "code": 101},
    "requestReceivedTimestamp": "2026-11-23T07:00:00.000000Z", "stageTimestamp": "2026-11-23T07:00:00.100000Z",
}  # fmt: skip


@pytest.fixture
def quiet(controlplane: ControlPlane) -> Iterator[Installation]:
    """An installation that follows no audit file."""
    installation = Installation(controlplane.kubeconfig("admin"))
    yield installation
    installation.stop()
    shutil.rmtree(installation.state, ignore_errors=True)


async def test_a_prometheus_that_has_none_of_the_metrics_is_absent_not_calm(
    quiet: Installation, prometheus: Prometheus
) -> None:
    quiet.run("checklist", "--json", "--prometheus", prometheus.url)

    async with quiet.seat() as seat:
        (header,) = await until(
            seat, "header", HeaderView, lambda rows: "absent" in {one.state for one in rows[0].sources}
        )

    (source,) = [one for one in header.sources if one.name == "prometheus"]
    assert "none of" in source.why


async def test_what_the_webhook_acknowledged_is_found_also_after_kill_9(quiet: Installation) -> None:
    address = f"127.0.0.1:{free_ports(1)}"
    quiet.run("checklist", "--json", "--audit-webhook", address)
    async with quiet.seat() as seat:
        await until(seat, "header", HeaderView, lambda rows: "no batch" in rows[0].sources[-1].why)
    body = json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [EVENT]}).encode()
    request = urllib.request.Request(f"http://{address}/", body, {"Content-Type": "application/json"})

    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    quiet.kill()
    quiet.run("checklist", "--json", "--audit-webhook", address)

    async with quiet.seat() as seat:
        rows = await until(seat, "findings", FindingRow, lambda rows: "exec into pod" in {row.title for row in rows})
    assert [(row.target, row.who, row.count) for row in rows if row.title == "exec into pod"] == [
        ("pay/ledger (exec)", "mallory", 1)
    ]
