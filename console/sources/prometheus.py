"""Prometheus, and what speaks its API: asks the shipped queries in turn and hands on the answers as measures.

In: a URL and, perhaps, a token and an authority. Out: `Measure`s and health. A query whose metric the server does not
have is *unavailable*, never zero, and named in the health. What a value means is decided elsewhere.

The client library blocks, so it runs in one thread of its own; its retries are off (they would block for seconds), a
request has a deadline and a size, redirects are refused (the token would travel), and proxies and `.netrc` of the
environment are not used.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from console.errors import SourceError
from console.model.signal import Measure, SourceHealth
from console.ports.clock import Clock
from console.ports.source import Batch, Sink

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

QUERIES = Path(__file__).parent / "data" / "promql.yml"
EVERY = 30.0
"""Seconds between two rounds of all queries."""
TIMEOUT = (3.05, 10.0)
DEADLINE = 20.0
SIZE = 32 << 20
SERIES = 5000
"""Series of one answer that are handed on; the rest is counted as dropped."""
_LONGEST_WAIT = 300.0


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One query and the metrics without which it says nothing."""

    id: str
    needs: tuple[str, ...]
    expr: str


class Access(msgspec.Struct, frozen=True):
    """How to reach the server. `ca` is the path of a PEM file, "" for the system's authorities."""

    token: str = ""
    ca: str = ""
    user: str = ""
    password: str = ""


def load_queries(path: Path = QUERIES) -> tuple[Query, ...]:
    """The queries of a file. Raises SourceError naming it."""
    import yaml

    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return msgspec.convert(data, tuple[Query, ...])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise SourceError(f"{path.name}: {error}") from None


class Prometheus:
    """One server. Implements `console.ports.source.Source`.

    Args:
        name: of the source, for the header.
        url: with a path prefix if it has one; its query, user and fragment are not used.
        clock: drives the rounds.
        access: how to prove ourselves and whom to trust.
        queries: what to ask.
    """

    def __init__(
        self, name: str, url: str, clock: Clock, access: Access | None = None, queries: Sequence[Query] = ()
    ) -> None:
        self.name = name
        self.unavailable: dict[str, str] = {}
        """Queries that have no answer, and why: the missing metric, or the server's own words."""
        self._url = url.rstrip("/")
        self._clock = clock
        self._access = access or Access()
        self._queries = tuple(queries) or load_queries()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._client: PrometheusConnect | None = None
        self._names: set[str] = set()
        self._warnings: set[str] = set()
        self._dropped = 0
        self._since = clock.now()
        self._state = "loading"
        self._health = SourceHealth(name, "loading", self._since)

    async def run(self, sink: Sink, position: str) -> None:
        """Ask for ever; ends by cancellation."""
        failures = 0
        try:
            while True:
                wait = EVERY
                try:
                    await self._round(sink)
                    failures = 0
                except SourceError as error:
                    failures += 1
                    self._tell(sink, "failed", str(error))
                    wait = min(_LONGEST_WAIT, EVERY * 2 ** min(failures - 1, 4))
                await self._rest(sink, wait + random.uniform(0, wait / 4))  # noqa: S311 - jitter, no secret
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def ask(self, query: str) -> tuple[Measure, ...] | None:
        """Series of one of its queries; None when the server does not have the metrics. Raises SourceError."""
        wanted = next((one for one in self._queries if one.id == query), None)
        if wanted is None or not self._names:
            raise SourceError(f"{self.name} {'has not answered yet' if wanted else f'has no query {query}'}")
        if not self._names.issuperset(wanted.needs):
            return None
        return tuple(self._measures(query, await self._call(methodcaller("custom_query", wanted.expr))))

    async def _rest(self, sink: Sink, seconds: float) -> None:
        """Wait, saying every ten seconds how we are."""
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(10.0, left))
            sink.health(self._health)

    async def _round(self, sink: Sink) -> None:
        names = await self._call(methodcaller("all_metrics"))
        if not isinstance(names, list):
            raise SourceError(f"{self._url} does not answer as Prometheus does")
        known = self._names = {name for name in names if isinstance(name, str)}
        self._warnings.clear()
        for query in self._queries:
            missing = [name for name in query.needs if name not in known]
            if missing:
                self.unavailable[query.id] = f"the server has no {missing[0]}"
                continue
            try:
                answer = await self._call(methodcaller("custom_query", query.expr))
            except SourceError as error:
                self.unavailable[query.id] = str(error)
                continue
            self.unavailable.pop(query.id, None)
            measures = self._measures(query.id, answer)
            await sink.put(Batch(self.name, measures))
        if len(self.unavailable) == len(self._queries):
            self._tell(sink, "absent", f"none of {len(self._queries)} queries can be answered: {self._why()}")
        else:
            self._tell(sink, "live", self._why())

    def _why(self) -> str:
        parts = [f"{len(self.unavailable)} queries unavailable: {', '.join(sorted(self.unavailable))}"]
        parts = parts if self.unavailable else []
        parts += [f"the server warns: {text}" for text in sorted(self._warnings)[:3]]
        return "; ".join(parts)[:500]

    def _measures(self, query: str, answer: Any) -> list[Measure]:
        now = self._clock.now()
        out: list[Measure] = []
        for series in answer if isinstance(answer, list) else ():
            value = _value(series)
            if value is None:
                continue
            if len(out) >= SERIES:
                self._dropped += 1
                continue
            labels = series.get("metric") or {}
            out.append(Measure(query, tuple(sorted((str(k), str(v)) for k, v in labels.items())), value, now))
        return out

    async def _call(self, work: Callable[[Any], Any]) -> Any:
        """One request in our thread. Raises SourceError in words for people."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: work(self._connected()))
        except SourceError:
            raise
        except Exception as error:  # a boundary: whatever the client library raises becomes a visible state
            raise SourceError(_words(error)) from error

    def _connected(self) -> PrometheusConnect:
        if self._client is None:
            self._client = _connect(self._url, self._access, self._clock, self._warnings)
        return self._client

    def _tell(self, sink: Sink, state: str, why: str) -> None:
        if state != self._state:
            self._state, self._since = state, self._clock.now()
        self._health = SourceHealth(self.name, state, self._since, why, dropped=self._dropped)
        sink.health(self._health)


def _value(series: Any) -> float | None:
    pair = series.get("value") if isinstance(series, dict) else None
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(series.get("metric", {}), dict):
        return None
    try:
        value = float(pair[1])
    except (TypeError, ValueError):
        return None
    return None if math.isnan(value) else value


def _connect(url: str, access: Access, clock: Clock, warnings: set[str]) -> PrometheusConnect:
    import requests
    from prometheus_api_client import PrometheusConnect
    from urllib3.util.retry import Retry

    class Session(requests.Session):
        """A session whose answers are bounded in size and time, and that notes the server's warnings."""

        def request(self, *args: Any, **options: Any) -> requests.Response:
            options |= {"stream": True, "timeout": TIMEOUT, "allow_redirects": False}
            end = clock.monotonic() + DEADLINE
            response = super().request(*args, **options)
            with response:
                if response.is_redirect:
                    raise SourceError(f"{url} redirects to {response.headers.get('location')}; give that address")
                body = bytearray()
                for piece in response.iter_content(65536):
                    body += piece
                    if len(body) > SIZE or clock.monotonic() > end:
                        raise SourceError(f"an answer of {url} was larger than {SIZE} bytes or took too long")
            response._content = bytes(body)
            if response.status_code >= 400:
                raise SourceError(_refusal(response.status_code, bytes(body)))
            warnings.update(_warnings_of(bytes(body)))
            return response

    session = Session()
    session.trust_env = False
    if access.ca:
        session.verify = access.ca
    headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
    auth = (access.user, access.password) if access.user else None
    return PrometheusConnect(url=url, headers=headers, session=session, auth=auth, retry=Retry(total=0), timeout=10)


class _Head(msgspec.Struct):
    warnings: list[str] = []


def _warnings_of(body: bytes) -> list[str]:
    try:
        return msgspec.json.decode(body, type=_Head).warnings
    except (msgspec.MsgspecError, RecursionError):
        return []


class _Fault(msgspec.Struct):
    error: str = ""


def _refusal(status: int, body: bytes) -> str:
    """The server's own sentence where there is one."""
    if status in (401, 403):
        return f"the server refuses us ({status}); give a token it accepts"
    try:
        said = msgspec.json.decode(body, type=_Fault).error
    except (msgspec.MsgspecError, RecursionError):
        said = ""
    return f"the server refuses ({status}): {said[:300]}" if said else f"the server answers {status}"


def _words(error: Exception) -> str:
    """The kind of failure; never the URL's secrets or headers."""
    kinds = {"ConnectTimeout": "no connection in time", "ReadTimeout": "no answer in time"}
    kinds |= {"SSLError": "its certificate is not trusted", "ConnectionError": "no connection"}
    return kinds.get(type(error).__name__, f"its answer cannot be read ({type(error).__name__})")
