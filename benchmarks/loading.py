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
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

_STEP = 0.02
"""Seconds between two bursts: what comes in one burst is what comes in a fiftieth of a second."""
_BEHIND = 0.1
"""Seconds of load that are made up for at most."""


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
    """What could not be sent in time is not made up for: a burst would be another load."""
    began = told = time.monotonic()
    due = sent = 0.0
    while True:
        now = time.monotonic()
        due = max(due, (now - began) * rate - _BEHIND * rate)
        if (count := int((now - began) * rate - due)) > 0:
            await send(count)
            due, sent = due + count, sent + count
        if now - told >= 1:
            print(f"{sent / (now - told):.0f}", flush=True)
            told, sent = now, 0
        await asyncio.sleep(_STEP)


class Load:
    """A load that runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._rates: list[float] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until its first second is over."""
        while not self._rates:
            if self._process.poll() is not None:
                raise RuntimeError("the load ended: see its error above")
            time.sleep(0.05)

    @property
    def rate(self) -> float:
        """What was really sent, a second, in the median."""
        return statistics.median(self._rates)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._rates.append(float(line))


@contextmanager
def load(what: str, where: Path, rate: float) -> Iterator[Load]:
    """That load in a process of its own, from its first second on."""
    command = [sys.executable, "-m", "benchmarks.loading", what, str(where), str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            running = Load(process)
            running.wait()
            yield running
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run((churn if sys.argv[1] == "churn" else audit)(Path(sys.argv[2]), float(sys.argv[3])))
