"""The rules, asked of a search cluster over any span of time: what comes back are findings as of a file.

In: the rules, where and what to search. Out: a detector that judged every candidate in order of time, and what must be
said beside its findings: rules that could not be asked for, parts of the index that could not be searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from console.bootstrap.sourcing import secret, since_of, usable_address
from console.config.settings import Settings, SourceSettings
from console.errors import BadInput, ConfigError, DataError, SourceError
from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_record
from console.model.provider import PROVIDERS
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.pushing.asked import Asked, Span, asked
from console.rules.pushing.columns import LAYOUTS, Layout, columns_of
from console.rules.pushing.pushable import Kept
from console.sources.fetching import Access
from console.sources.pushdown.cluster import Cluster
from console.sources.pushdown.merge import merged
from console.sources.pushdown.scan import Gaps, Hit, scan
from console.sources.pushdown.shape import Shape, is_date, shape_of

_TIMES = ("stageTimestamp", "requestReceivedTimestamp")
_BATCH = 500
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-*,:")


class Searched(msgspec.Struct, frozen=True):
    """What a search brought."""

    detector: Detector
    layout: Layout
    kept: tuple[Kept, ...]
    """Rules that were not asked for."""
    gaps: str
    """What could not be searched, in words; "" when nothing."""
    fetched: int
    """Documents that came back."""
    unread: int
    """Of these, what no audit event could be made of."""

    @property
    def remarks(self) -> Iterator[str]:
        """What must be said beside the findings."""
        if self.gaps:
            yield f"only a part was searched: {self.gaps}"
        if self.unread:
            yield f"{self.unread} documents are no audit events"
        for one in self.kept:
            yield f"{one.rule.id} was not looked for: {one.reason}"


async def search(
    url: str,
    access: Access,
    index: str,
    rules: RuleSet,
    since: float | None = None,
    until: float | None = None,
    provider: str = "",
) -> Searched:
    """Ask for all rules that can be asked for, and judge what comes back.

    Args:
        provider: whose cluster the events are of, "" for nobody's.

    Raises:
        BadInput: it cannot be searched, or holds no audit events in a layout that is known.
    """
    cluster = Cluster(url, access)
    try:
        await cluster.greet()
        shape = await shape_of(cluster, index)
        layout = _layout(shape, index)
        columns = columns_of(shape.caps, layout, grows=shape.grows)
        span = Span(_time(shape, layout), since, until)
        what = asked(rules.rules, columns, span, opensearch=cluster.opensearch)
        judge = Judge(_without(rules, what.plan.kept), provider)
        return await _judged(cluster, index, judge, layout, what)
    except SourceError as error:
        raise BadInput(f"{url}, index {index}: {error}") from error
    finally:
        await cluster.close()


def _layout(shape: Shape, index: str) -> Layout:
    fields = shape.caps.get("fields", {})
    found = next((one for one in LAYOUTS if f"{one.prefix}auditID" in fields), None)
    if found is None:
        names = ", ".join(f"{one.prefix}auditID" for one in LAYOUTS)
        raise BadInput(f"the index {index} has no audit events that can be told: none of the fields {names} is there")
    return found


def _time(shape: Shape, layout: Layout) -> str:
    names = [*(f"{layout.prefix}{name}" for name in _TIMES), "@timestamp"]
    found = next((name for name in names if is_date(shape.caps, name)), "")
    if not found:
        raise BadInput(f"the index has no time to sort by: none of {', '.join(names)} is mapped as a date")
    return found


async def _judged(cluster: Cluster, index: str, judge: Judge, layout: Layout, what: Asked) -> Searched:
    gaps = Gaps()
    scans = [scan(cluster, index, query, what.sort, gaps) for query in what.queries]
    async for group in merged(scans):
        judge.add(group)
    judge.end()
    return Searched(judge.detector, layout, what.plan.kept, gaps.told, judge.fetched, judge.unread)


def _without(rules: RuleSet, kept: Sequence[Kept]) -> RuleSet:
    """The rules that were asked for: of the others only some events would come back, and half a truth."""
    if not kept:
        return rules
    left = {one.rule.id for one in kept}
    found = RuleSet([rule for rule in rules.rules if rule.id not in left], rules.faults)
    found.disabled, found.tuned = rules.disabled, rules.tuned
    return found


class Judge:
    """Feeds a detector with hits in order of time."""

    def __init__(self, rules: RuleSet, provider: str = "") -> None:
        rules.run_at(provider)
        self.detector = Detector(rules, "search")
        self.fetched = self.unread = 0
        self._waiting: list[tuple[AuditEvent, bytes]] = []

    def add(self, group: Sequence[Hit]) -> None:
        """Hits of one time by the index, which knows milliseconds: by their own times they are put in order."""
        found = [pair for hit in group for pair in self._read(hit)]
        found.sort(key=lambda pair: (pair[0].stage_timestamp, pair[0].audit_id))
        self._waiting += found
        if len(self._waiting) >= _BATCH:
            self.end()

    def end(self) -> None:
        """Judge what waits."""
        self.detector.feed([event for event, _ in self._waiting], [raw for _, raw in self._waiting])
        self._waiting.clear()

    def _read(self, hit: Hit) -> list[tuple[AuditEvent, bytes]]:
        self.fetched += 1
        raw = msgspec.json.encode(hit.document)
        try:
            found = [(one, raw) for one in read_record(raw) if isinstance(one, AuditEvent)]
        except DataError:
            found = []
        self.unread += not found
        return found


async def search_as_set(
    settings: Settings, url: str, index: str, rules: RuleSet, until: str, now: float, form: str = "auto"
) -> Searched:
    """Search what the settings name, or what is named instead of it.

    Raises:
        BadInput: nothing usable is named, or it cannot be searched.
    """
    named = settings.sources
    url, index = url or named.elasticsearch, index or named.elasticsearch_index
    if not url or not index:
        what = "--search URL, or `elasticsearch`" if not url else "--index PATTERN, or `elasticsearch_index`"
        raise ConfigError(f"It is not said what to search. Give {what} under [sources] of the settings.")
    usable_address(url, "Elasticsearch", 9200)
    if not set(index) <= _NAME:
        raise ConfigError("The name of an index has small letters, digits and . _ - and, in patterns, * and commas.")
    since, before = since_of(named.since, now), since_of(until, now)
    return await search(url, _access(named, url), index, rules, since, before, form if form in PROVIDERS else "")


def _access(named: SourceSettings, url: str) -> Access:
    """How to prove ourselves: to the address of the settings only, never to another that is named."""
    if url != named.elasticsearch:
        return Access(ca=named.elasticsearch_ca)
    return Access(
        token=secret(named.elasticsearch_token_file),
        ca=named.elasticsearch_ca,
        user=named.elasticsearch_user,
        password=secret(named.elasticsearch_password_file),
        api_key=secret(named.elasticsearch_api_key_file),
    )
