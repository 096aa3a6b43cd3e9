"""How long the first list of all pods takes and what it costs, beside fetching the same pages without decoding them.

    python -m benchmarks.listing [--pods N] [--kubeconfig FILE] [--rounds N]

Starts the real control plane from a cached seed, or uses the cluster of a kubeconfig. Prints seconds of both, their
ratio (bar: at most 3), the memory of this process, its longest hold of the event loop, and events per second of a watch
(bar: at least 20,000 on one core) from recorded lines.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from console.cluster.cache import Cache
from console.cluster.connecting import connect
from console.cluster.decoding import KindDecoder
from console.cluster.http import HttpTransport
from console.cluster.lines import Lines
from console.cluster.live import LiveCluster
from console.cluster.options import ConnectOptions
from console.cluster.scope import Scope
from console.model.ref import BY_KIND
from console.ports.clock import SystemClock
from console.ports.tasks import Tasks

_SCOPE = Scope(BY_KIND["Pod"])


async def fetch_pages(transport: HttpTransport) -> tuple[float, int, list[bytes]]:
    """Seconds, bytes and the first page of a list whose items nobody looks at."""
    started = time.perf_counter()
    size, token = 0, ""
    first: list[bytes] = []
    while True:
        reply = await transport.send(_SCOPE.listing(500, token), 60)
        size += len(reply.body)
        first = first or [reply.body]
        tail = reply.body.find(b'"items"')
        token = msgspec.json.decode(reply.body[:tail].rstrip(b",") + b"}")["metadata"].get("continue", "")
        if not token:
            return time.perf_counter() - started, size, first


async def first_list(transport: HttpTransport) -> tuple[float, int, float, LiveCluster]:
    """Seconds, objects and longest hold of the loop until the pods are live."""
    cluster = LiveCluster(transport, SystemClock(), bytes(32))
    tasks, holds = Tasks(), [0.0]
    tasks.start("stalls", _stalls(holds))
    started = time.perf_counter()
    view = cluster.view("Pod")
    while view.health.state != "live":  # noqa: ASYNC110 - a view has no event, and the wait is what is measured
        await asyncio.sleep(0.002)
    took = time.perf_counter() - started
    await tasks.close()
    return took, len(view), max(holds), cluster


async def _stalls(holds: list[float]) -> None:
    while True:
        before = time.thread_time()  # other programs on the machine do not count
        await asyncio.sleep(0.0005)
        holds.append(time.thread_time() - before)


def watch_rate(page: bytes, events: int = 40_000) -> float:
    """Events per second of CPU from lines like those of a real watch into the cache."""
    items = [json.dumps(item, separators=(",", ":")).encode() for item in json.loads(page)["items"]]
    block = b"".join(
        b'{"type":"MODIFIED","object":{"kind":"Pod","apiVersion":"v1",' + item[1:] + b"}\n" for item in items
    )
    decoder, lines = KindDecoder("Pod"), Lines()
    cache = Cache("Pod", lambda verb, kind, obj, previous: None)
    done, started = 0, time.process_time()
    while done < events:
        for start in range(0, len(block), 1 << 18):
            for line in lines.feed(block[start : start + (1 << 18)]):
                change = decoder.change(line)
                if change.object:
                    cache.put(change.object, "created")
                done += 1
    return done / (time.process_time() - started)


def memory() -> float:
    """MiB this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


@asynccontextmanager
async def kubeconfig_of(pods: int, given: str) -> AsyncIterator[Path]:
    """The kubeconfig given, or that of a control plane with so many pods."""
    if given:
        yield Path(given)
        return
    from tests.controlplane import ControlPlane
    from tests.controlplane.seeding import provide_seed

    with ControlPlane(seed=provide_seed(pods)) as plane:
        yield plane.kubeconfig()


async def measure(kubeconfig: Path, rounds: int) -> None:
    """Prints the figures of each round."""
    options = ConnectOptions((kubeconfig,), Path(tempfile.mkdtemp()))
    page: list[bytes] = []
    for _ in range(rounds):
        raw = await connect(options, SystemClock())
        bare, size, page = await fetch_pages(raw)
        await raw.close()
        gc.collect()
        before = memory()
        cpu = time.process_time()
        took, count, stall, cluster = await first_list(await connect(options, SystemClock()))
        cpu = time.process_time() - cpu
        print(
            f"{count} pods, {size / max(count, 1) / 1024:.1f} KiB each: pages alone {bare:.2f} s, "
            f"first list {took:.2f} s (ratio {took / bare:.2f}, {cpu:.2f} s CPU), "
            f"memory {before:.0f} -> {memory():.0f} MiB, longest hold {stall * 1000:.1f} ms"
        )
        await cluster.close()
    print(f"watch: {watch_rate(page[0]):,.0f} events/s of CPU")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--kubeconfig", default="")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    async with kubeconfig_of(given.pods, given.kubeconfig) as path:
        await measure(path, given.rounds)


if __name__ == "__main__":
    asyncio.run(main())
