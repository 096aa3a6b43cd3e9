"""The webhook receiver loses nothing it has acknowledged, and lets in only whom it should."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import trustme

from console.errors import ConfigError
from console.ports.clock import ManualClock, SystemClock
from console.sources import receiver
from console.sources.audit_webhook import AuditWebhook, split_events
from console.sources.listener import Access, Answer, Listener, read_token
from console.sources.receiver import Receiver, Spool
from tests.console.rules.events import line
from tests.console.sources.sinks import Kept


def event_list(*ids: str) -> bytes:
    items = b",".join(line({"auditID": one}) for one in ids)
    return b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[' + items + b"]}"


class Running:
    def __init__(self, hook: Receiver, sink: Kept) -> None:
        self.hook, self.sink = hook, sink

    async def post(self, body: bytes, path: str = "/", **options: object) -> int:
        url = f"http://127.0.0.1:{self.hook.listener.port}{path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, **options) as answer:  # type: ignore[arg-type]
            return answer.status


@asynccontextmanager
async def receiving(
    folder: Path, access: Access | None = None, position: str = "", hook: Receiver | None = None
) -> AsyncIterator[Running]:
    sink = Kept()
    hook = hook or AuditWebhook("audit-webhook", "127.0.0.1:0", access or Access(), folder, SystemClock())
    task = asyncio.create_task(hook.run(sink, position))
    try:
        await sink.until(lambda: hook.listener.port or task.done())
        yield Running(hook, sink)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_batch_of_four_hundred_arrives_in_order(tmp_path: Path) -> None:
    ids = [f"id-{number}" for number in range(400)]
    async with receiving(tmp_path) as running:
        assert await running.post(event_list(*ids)) == 200
        await running.sink.until(lambda: len(running.sink.ids) == 400)
        assert running.sink.ids == ids


async def test_a_single_event_and_an_empty_list_are_taken(tmp_path: Path) -> None:
    async with receiving(tmp_path) as running:
        assert await running.post(event_list()) == 200
        assert await running.post(json.dumps(json.loads(line({"auditID": "a"})), indent=2).encode()) == 200
        await running.sink.until(lambda: running.sink.ids == ["a"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"items": 3}', b'{"kind": 0}', b"\xff", b'{"items": null}'])
async def test_what_is_no_event_list_is_refused_and_counted(tmp_path: Path, body: bytes) -> None:
    async with receiving(tmp_path) as running:
        assert await running.post(body) == 400
        await running.sink.until(lambda: running.sink.healths)
        assert await running.post(event_list("a")) == 200
        await running.sink.until(lambda: running.sink.healths[-1].malformed == 1)


async def test_what_is_acknowledged_is_on_the_disk_before_the_pipeline_has_it(tmp_path: Path) -> None:
    async with receiving(tmp_path) as running:
        running.sink.gate.clear()
        assert await running.post(event_list("a", "b")) == 200
        assert (tmp_path / "events.log").read_bytes().count(b"\n") == 2
    async with receiving(tmp_path) as again:
        await again.sink.until(lambda: again.sink.ids == ["a", "b"])


async def test_a_restart_goes_on_behind_what_was_taken(tmp_path: Path) -> None:
    async with receiving(tmp_path) as first:
        await first.post(event_list("a"))
        await first.sink.until(lambda: first.sink.ids == ["a"])
        position = first.sink.position
    async with receiving(tmp_path, position=position) as second:
        await second.post(event_list("b"))
        await second.sink.until(lambda: second.sink.ids == ["b"])


@pytest.mark.parametrize("restart", [False, True], ids=["same engine", "after a restart"])
async def test_what_is_sent_again_is_acknowledged_and_not_taken_twice(tmp_path: Path, restart: bool) -> None:
    """The answer was lost; a record that differs in one byte is another one, whatever id its caller chose."""
    async with receiving(tmp_path) as first:
        await first.post(event_list("a", "b"))
        await first.sink.until(lambda: first.sink.ids == ["a", "b"])
        if not restart:
            assert await first.post(event_list("a", "b", "c")) == 200
            await first.sink.until(lambda: first.sink.ids == ["a", "b", "c"])
        position = first.sink.position
    async with receiving(tmp_path, position=position) as second:
        assert await second.post(event_list("a", "b")) == 200
        other = json.loads(event_list("a"))
        other["items"][0]["requestURI"] += "?limit=500"
        assert await second.post(json.dumps(other).encode()) == 200
        await second.sink.until(lambda: second.sink.ids)
        assert await second.post(event_list("d")) == 200
        await second.sink.until(lambda: second.sink.ids[-1] == "d")
        assert second.sink.ids == ["a", "d"]


def test_a_spool_is_known_again_across_parts_without_its_torn_end(tmp_path: Path) -> None:
    (tmp_path / "events-00000000000000000001.log").write_bytes(b"gone\n")
    (tmp_path / "events-00000000000000000002.log").write_bytes(b"first\nsecond\n")
    (tmp_path / "events.log").write_bytes(b"third\ntorn")

    assert Spool(tmp_path).tail() == [b"first", b"second", b"third"]
    assert Spool(tmp_path).tail(14) == [b"second", b"third"]
    assert Spool(tmp_path / "none").tail() == []


async def test_callers_without_the_token_are_told_of_with_what_to_do(tmp_path: Path) -> None:
    """An API server sends no token over plain HTTP: refused in silence, that would look like calm."""
    async with receiving(tmp_path, Access(token="s3cret")) as running:
        await running.post(event_list("a"))
        await running.sink.until(lambda: "1 calls without the right token" in running.sink.healths[-1].why)

    assert "TLS only, so set audit_webhook_cert" in running.sink.healths[-1].why


async def test_a_pipeline_that_is_behind_makes_callers_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "PENDING_LIMIT", 500)
    async with receiving(tmp_path) as running:
        running.sink.gate.clear()
        assert await running.post(event_list("a", "b")) == 200
        assert await running.post(event_list("c")) == 429
        running.sink.gate.set()
        await running.sink.until(lambda: running.sink.ids == ["a", "b"])
        async with asyncio.timeout(10):
            while await running.post(event_list("c")) == 429:
                await asyncio.sleep(0.05)
        await running.sink.until(lambda: running.sink.ids == ["a", "b", "c"])


async def test_a_disk_that_cannot_be_written_is_said_and_nothing_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    async with receiving(tmp_path) as running:
        monkeypatch.setattr(os, "fsync", full)
        assert await running.post(event_list("a")) == 503


async def test_an_address_that_is_taken_is_said_and_tried_again_until_it_is_free(tmp_path: Path) -> None:
    """Another receiver, or our own former engine that has not let go yet: no defect, and no reason to give up."""
    sink, clock = Kept(), ManualClock()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hook = AuditWebhook("audit-webhook", f"127.0.0.1:{port}", Access(), tmp_path, clock)
        task = asyncio.create_task(hook.run(sink, ""))
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "failed")
        for _ in range(3):
            await clock.advance(60)
        assert not task.done()
    why = sink.healths[-1].why
    assert f"127.0.0.1:{port}" in why
    assert "in use" in why
    assert "another port" in why

    async def heard() -> bool:
        await clock.advance(60)
        with contextlib.suppress(aiohttp.ClientError):
            return await Running(hook, sink).post(event_list("a")) == 200
        return False

    async with asyncio.timeout(30):
        while not await heard():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_token_is_demanded_and_never_taken_from_the_url(tmp_path: Path) -> None:
    async with receiving(tmp_path, Access(token="s3cret")) as running:
        assert await running.post(event_list("a")) == 401
        assert await running.post(event_list("a"), headers={"Authorization": "Bearer wrong"}) == 401
        assert await running.post(event_list("a"), "/?token=s3cret") == 400
        assert await running.post(event_list("a"), headers={"Authorization": "Bearer s3cret"}) == 200
        await running.sink.until(lambda: running.sink.ids == ["a"])


async def test_a_body_beyond_the_limit_is_refused_also_when_it_is_packed(tmp_path: Path) -> None:
    async def handler(body: bytes) -> Answer:
        return Answer()

    listener = Listener("127.0.0.1:0", Access(), handler, limit=100_000)
    await listener.start()
    try:
        bomb = gzip.compress(b"x" * 10_000_000)
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{listener.port}/"
            async with session.post(url, data=b"x" * 100_001) as answer:
                assert answer.status == 413
            async with session.post(url, data=bomb, headers={"Content-Encoding": "gzip"}) as answer:
                assert answer.status in (400, 413)
            async with session.get(url) as answer:
                assert answer.status == 405
    finally:
        await listener.stop()


async def test_beyond_loopback_it_speaks_tls_to_known_clients_only(tmp_path: Path) -> None:
    authority = trustme.CA()
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("apiserver.example")
    certificate, key, ca = tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt"
    server.cert_chain_pems[0].write_to_path(certificate)
    server.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    access = Access(certificate=str(certificate), key=str(key), client_ca=str(ca))
    trusting = ssl.create_default_context(cafile=str(ca))
    known = ssl.create_default_context(cafile=str(ca))
    client.configure_cert(known)
    async with receiving(tmp_path / "spool", access) as running:
        url = f"https://127.0.0.1:{running.hook.listener.port}/"
        async with aiohttp.ClientSession() as session:
            async with session.post(url, data=event_list("a"), ssl=known) as answer:
                assert answer.status == 200
            with pytest.raises((aiohttp.ClientError, ConnectionError, ssl.SSLError)):
                async with session.post(url, data=event_list("b"), ssl=trusting) as answer:
                    assert answer.status != 200
        await running.sink.until(lambda: running.sink.ids == ["a"])


@pytest.mark.parametrize(
    ("address", "access", "words"),
    [
        ("0.0.0.0:8443", Access(token="x"), "needs TLS"),
        ("0.0.0.0:8443", Access(certificate="c", key="k"), "needs to know its callers"),
        ("127.0.0.1:8443", Access(certificate="c"), "needs its key"),
        ("127.0.0.1:8443", Access(client_ca="c"), "need TLS"),
        ("https://127.0.0.1:8443/?token=x", Access(), "no address"),
        ("127.0.0.1", Access(), "no port"),
        ("127.0.0.1:99999", Access(), "no port"),
    ],
)
def test_an_address_that_is_not_guarded_is_refused(tmp_path: Path, address: str, access: Access, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        AuditWebhook("audit-webhook", address, access, tmp_path, SystemClock())


def test_a_token_file_must_be_private_and_hold_something(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_token(str(file))
    file.chmod(0o600)
    assert read_token(str(file)) == "s3cret"
    file.write_text("")
    with pytest.raises(ConfigError, match="empty"):
        read_token(str(file))


def test_a_torn_write_does_not_swallow_the_next_event(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "events.log").write_bytes(b'{"half": ')
    spool.append([b'{"whole": 1}'])
    assert (tmp_path / "events.log").read_bytes().split(b"\n") == [b'{"half": ', b'{"whole": 1}', b""]


@pytest.mark.parametrize("step", [0, -3600])
def test_no_part_is_overwritten_or_reordered_by_a_clock_that_stands_still_or_steps_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(receiver, "PART_SIZE", 1)
    spool = Spool(tmp_path)
    for number in range(4):
        spool.append([b"line %d" % number])
        os.utime(spool.path, (1_795_000_000 + number * step,) * 2)
    parts = [path.read_bytes() for path in sorted(tmp_path.glob("events-*.log"))]
    assert parts == [b"line 0\n", b"line 1\n", b"line 2\n"]
    assert spool.path.read_bytes() == b"line 3\n"


async def test_parts_are_rotated_followed_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "PART_SIZE", 1000)
    ids = [f"id-{number}" for number in range(60)]
    async with receiving(tmp_path) as running:
        for one in ids:
            assert await running.post(event_list(one)) == 200
        await running.sink.until(lambda: running.sink.ids == ids)
        await running.sink.until(lambda: len(list(tmp_path.iterdir())) <= receiver.PARTS_KEPT + 1)


def test_split_keeps_each_event_on_one_line() -> None:
    assert split_events(b'{"items": [\n{"a":\n1},\r\n{"b": 2}\n]}') == [b'{"a": 1}', b'{"b": 2}']


_SERVER = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from console.ports.clock import SystemClock
    from console.sources.audit_webhook import AuditWebhook
    from console.sources.listener import Access

    class Slow:
        async def put(self, batch): await asyncio.sleep(3600)
        def health(self, health): pass

    async def main():
        hook = AuditWebhook("w", "127.0.0.1:0", Access(), Path(sys.argv[1]), SystemClock())
        task = asyncio.get_running_loop().create_task(hook.run(Slow(), ""))
        while not hook.listener.port: await asyncio.sleep(0.01)
        print(hook.listener.port, flush=True)
        await task

    asyncio.run(main())
""")


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A receiver in a process of its own is killed while batches arrive; a new one has all that were answered 200."""
    acknowledged: list[str] = []
    for attempt in range(3):
        process = subprocess.Popen([sys.executable, "-c", _SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout:
            url = f"http://127.0.0.1:{int(await asyncio.to_thread(process.stdout.readline))}/"

        async def pour(worker: int, attempt: int = attempt, url: str = url) -> None:
            async with aiohttp.ClientSession() as session:
                for number in range(1000):
                    ids = [f"{attempt}-{worker}-{number}-{part}" for part in range(5)]
                    async with session.post(url, data=event_list(*ids)) as answer:
                        if answer.status == 200:
                            acknowledged.extend(ids)

        pouring = [asyncio.create_task(pour(worker)) for worker in range(3)]
        wanted = len(acknowledged) + 100
        async with asyncio.timeout(30):
            while len(acknowledged) < wanted:
                await asyncio.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        await asyncio.gather(*pouring, return_exceptions=True)
    async with receiving(tmp_path) as running:
        await running.sink.until(lambda: set(acknowledged) <= set(running.sink.ids))
    assert len(acknowledged) >= 300
