"""Against a real Prometheus: answers become measures, absent metrics are unavailable and never zero."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.errors import SourceError
from console.model.signal import Measure
from console.ports.clock import SystemClock
from console.sources import prometheus as module
from console.sources.prometheus import Access, Prometheus, Query, load_queries
from tests.console.sources.sinks import Kept
from tests.means.prometheus import StartPrometheus


@asynccontextmanager
async def asking(
    url: str, queries: tuple[Query, ...] = (), access: Access | None = None
) -> AsyncIterator[tuple[Kept, Prometheus]]:
    sink = Kept()
    source = Prometheus("prometheus", url, SystemClock(), access, queries)
    task = asyncio.create_task(source.run(sink, ""))
    try:
        yield sink, source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_answers_become_measures_and_absent_metrics_are_unavailable(start_prometheus: StartPrometheus) -> None:
    now = int(time.time())
    lines = ["# TYPE authentication_attempts gauge"]
    lines += [f'authentication_attempts{{result="error"}} {600 * step} {now - 600 + 60 * step}' for step in range(11)]
    server = start_prometheus("\n".join(lines))
    async with asking(server.url) as (sink, source):
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "live")
    measures = [one for one in sink.signals if isinstance(one, Measure)]
    assert [(one.query, dict(one.labels)) for one in measures] == [("authn-failures", {"result": "error"})]
    assert measures[0].value > 1
    assert "authn-failures" not in source.unavailable
    assert source.unavailable["secret-reads"] == "the server has no apiserver_request_total"
    assert "unavailable" in sink.healths[-1].why


async def test_a_server_without_any_of_the_metrics_is_absent_not_calm(start_prometheus: StartPrometheus) -> None:
    server = start_prometheus("# TYPE other gauge\nother 1 " + str(int(time.time()) - 60))
    queries = (Query("a", ("missing",), "missing"),)
    async with asking(server.url, queries) as (sink, _):
        await sink.until(lambda: sink.healths)
    assert sink.healths[-1].state == "absent"
    assert sink.signals == []


async def test_every_shipped_query_is_understood_by_a_real_server(start_prometheus: StartPrometheus) -> None:
    names = sorted({name for query in load_queries() for name in query.needs})
    at = int(time.time()) - 30
    server = start_prometheus(
        "\n".join(f"# TYPE {name} gauge\n{name} 1 {at}" for name in names if not name.endswith("_total"))
    )
    queries = tuple(Query(query.id, (), query.expr) for query in load_queries())
    async with asking(server.url, queries) as (sink, source):
        await sink.until(lambda: sink.healths and sink.healths[-1].state != "loading")
    assert source.unavailable == {}


async def test_a_query_the_server_refuses_is_unavailable_in_its_own_words(start_prometheus: StartPrometheus) -> None:
    server = start_prometheus("# TYPE up gauge\nup 1 " + str(int(time.time()) - 30))
    async with asking(server.url, (Query("bad", (), "sum("), Query("good", (), "vector(1)"))) as (sink, source):
        await sink.until(lambda: sink.signals and sink.healths)
    assert "parse error" in source.unavailable["bad"]


async def test_a_dead_port_fails_at_once_in_words() -> None:
    async with asking("http://127.0.0.1:1") as (sink, _):
        await sink.until(lambda: sink.healths, 5)
    assert (sink.healths[-1].state, sink.healths[-1].why) == ("failed", "no connection")


Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def scripted(reply: Reply) -> Iterator[str]:
    """A server for faults no real one can be asked to have."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply(self)

        def log_message(self, form: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'{"data": 3}', b'{"status": "success", "data": {"result": [1, null, {"value": 3}]}}'],
)
async def test_garbage_is_a_failure_or_nothing_never_a_crash(body: bytes) -> None:
    with scripted(lambda handler: _send(handler, 200, body)) as url:
        async with asking(url, (Query("a", (), "x"),)) as (sink, _):
            await sink.until(lambda: sink.healths)
    assert sink.healths[-1].state in ("failed", "absent", "live")
    assert sink.signals == []


async def test_a_redirect_is_refused_because_the_token_would_travel() -> None:
    seen: list[str] = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path)
        _send(handler, 302, b"", Location="http://evil.example/")

    with scripted(reply) as url:
        async with asking(url, access=Access(token="s3cret")) as (sink, _):
            await sink.until(lambda: sink.healths)
    assert len(seen) == 1
    assert "redirects" in sink.healths[-1].why
    assert "s3cret" not in sink.healths[-1].why


async def test_an_answer_beyond_the_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZE", 1000)
    with scripted(lambda handler: _send(handler, 200, b"x" * 5000)) as url:
        async with asking(url) as (sink, _):
            await sink.until(lambda: sink.healths)
    assert "larger than" in sink.healths[-1].why


async def test_warnings_of_a_partial_answer_are_shown() -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        data: object = ["up"] if "__name__" in handler.path else {"resultType": "vector", "result": []}
        _send(handler, 200, json.dumps({"status": "success", "data": data, "warnings": ["store gone"]}).encode())

    with scripted(reply) as url:
        async with asking(url, (Query("a", ("up",), "up"),)) as (sink, _):
            await sink.until(lambda: sink.healths)
    assert sink.healths[-1].why == "the server warns: store gone"


def test_a_file_of_queries_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("- {id: a}")
    with pytest.raises(SourceError, match=r"mine\.yml"):
        load_queries(file)


async def test_one_query_is_answered_when_asked_and_an_absent_metric_is_none(start_prometheus: StartPrometheus) -> None:
    now = int(time.time())
    lines = ["# TYPE machine_cpu_cores gauge"]
    lines += [f'machine_cpu_cores{{instance="node-{n}"}} 4 {now}' for n in range(3)]
    server = start_prometheus("\n".join(lines))
    async with asking(server.url) as (sink, source):
        with pytest.raises(SourceError, match="has not answered yet"):
            await source.ask("kubelets")
        await sink.until(lambda: sink.healths and sink.healths[-1].state == "live")
        found = await source.ask("kubelets")
        assert found is not None
        assert [one.value for one in found] == [3.0]
        assert await source.ask("falco-alive") is None
        with pytest.raises(SourceError, match="has no query weather"):
            await source.ask("weather")
