"""What happens in a cluster while somebody looks: pod status updates and audit events at a steady rate.

    python -m benchmarks.loading churn KUBECONFIG RATE
    python -m benchmarks.loading audit FILE RATE

Each runs in a process of its own until it is ended, and says on its output how many it sent in each second.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

_STEP = 0.02
"""Seconds between two bursts: what comes in one burst is what comes in a fiftieth of a second."""


class Patcher:
    """Writes restart counts into pod statuses, as a kubelet does; use it as an async context manager."""

    def __init__(self, kubeconfig: Path) -> None:
        given = yaml.safe_load(kubeconfig.read_text())
        cluster, user = given["clusters"][0]["cluster"], given["users"][0]["user"]
        self._url = cluster["server"]
        self._tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._tls.load_cert_chain(user["client-certificate"], user["client-key"])

    async def __aenter__(self) -> Patcher:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls, limit=16))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def pods(self, limit: int = 0) -> list[tuple[str, str]]:
        """Namespaces and names, in order."""
        accept = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
        query = {"limit": str(limit)} if limit else {}
        async with self._http.get(f"{self._url}/api/v1/pods", headers=accept, params=query) as reply:
            items: list[dict[str, Any]] = (await reply.json())["items"]
        return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items]

    async def restarts(self, pod: tuple[str, str], count: int) -> None:
        """One status update."""
        body = {"status": {"containerStatuses": [{"name": "app", "restartCount": count}]}}
        kind = {"Content-Type": "application/strategic-merge-patch+json"}
        url = f"{self._url}/api/v1/namespaces/{pod[0]}/pods/{pod[1]}/status"
        async with self._http.patch(url, json=body, headers=kind) as reply:
            await reply.read()
            reply.raise_for_status()


async def churn(kubeconfig: Path, rate: float) -> None:
    """Status updates of random pods, as evenly as a burst each step can be."""
    numbers = itertools.count(1)
    async with Patcher(kubeconfig) as patcher:
        pods = await patcher.pods()
        draw = random.Random(1)

        async def send(count: int) -> None:
            await asyncio.gather(*(patcher.restarts(draw.choice(pods), next(numbers) % 90) for _ in range(count)))

        await _steadily(rate, send)


async def audit(file: Path, rate: float) -> None:
    """Events of a working cluster with some that rules find, appended to a log."""
    from benchmarks.matching import synthetic

    lines = itertools.cycle(synthetic(20_000))
    with file.open("ab", buffering=0) as log:

        async def send(count: int) -> None:
            log.write(b"".join(_fresh(next(lines)) + b"\n" for _ in range(count)))

        await _steadily(rate, send)


def _fresh(line: bytes) -> bytes:
    """The same event again is another request: it needs an id of its own."""
    at = line.index(b'"auditID":"') + 11
    return line[:at] + b"%032x" % random.getrandbits(128) + line[at + 32 :]


async def _steadily(rate: float, send: Callable[[int], Any]) -> None:
    began, sent, told = time.monotonic(), 0, 0
    for second in itertools.count():
        due = int((time.monotonic() - began) * rate)
        if due > sent:
            await send(due - sent)
            sent = due
        if second % 50 == 49:
            print(sent - told, flush=True)
            told = sent
        await asyncio.sleep(_STEP)


@contextmanager
def load(what: str, where: Path, rate: float) -> Iterator[None]:
    """That load in a process of its own, from its first second on."""
    command = [sys.executable, "-m", "benchmarks.loading", what, str(where), str(rate)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        if not process.stdout.readline():
            raise RuntimeError(f"no {what}: see its error above")
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    asyncio.run((churn if sys.argv[1] == "churn" else audit)(Path(sys.argv[2]), float(sys.argv[3])))
