"""Rules asked of a real search cluster find what they find in a file, over the same documents."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from console.bootstrap.pushing import Judge, Searched, search
from console.errors import BadInput
from console.model.finding import Finding
from console.rules.compiling import RuleSet
from console.rules.offline import shipped_rules
from console.rules.pushing.columns import AGENT, RAW
from console.sources.fetching import Access
from console.sources.pushdown.scan import Hit
from tests.console.rules.pushing.corpus import events
from tests.means.opensearch import OpenSearch, StartOpenSearch

pytestmark = pytest.mark.slow
_KEYWORD = {"type": "keyword", "ignore_above": 1024}
_TEXT = {"type": "text"}
_DATE = {"type": "date"}
_UNMAPPED = {"dynamic": False, "properties": {}}


@pytest.fixture(params=["3", "2"], ids=["OpenSearch 3", "OpenSearch 2"])
def server(request: pytest.FixtureRequest, start_opensearch: StartOpenSearch) -> OpenSearch:
    """A server of each major version."""
    return start_opensearch(request.param)


@cache
def _events() -> tuple[dict[str, Any], ...]:
    return tuple(events())


def _filled(server: OpenSearch, index: str, documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Index documents; answers those the server took, which is all but the ones that contradict its mapping."""
    refused = set(server.index(index, documents))
    assert len(refused) < len(documents) / 100
    return [one for place, one in enumerate(documents) if place not in refused]


def _local(documents: Iterable[Mapping[str, Any]], rules: RuleSet) -> list[Finding]:
    judge = Judge(rules)
    for place, one in enumerate(documents):
        judge.add([Hit(0.0, str(place), dict(one))])
    judge.end()
    return judge.detector.findings()


def _without(found: Searched) -> RuleSet:
    """The shipped rules without those that were not asked for."""
    kept = {one.rule.id for one in found.kept}
    return RuleSet([rule for rule in shipped_rules().rules if rule.id not in kept])


def _told(findings: Iterable[Finding]) -> list[str]:
    """Everything a finding says, in an order of its own."""
    return sorted(repr(one) for one in findings)


async def test_raw_events_give_the_same_findings_as_a_file(server: OpenSearch) -> None:
    documents = _filled(server, "audit-raw", _events())

    found = await search(server.url, Access(), "audit-raw", shipped_rules())

    assert (found.layout, found.gaps, found.unread) == (RAW, "", 0)
    assert {one.rule.id for one in found.kept} == {rule.id for rule in shipped_rules().rules if rule.first}
    assert len({one.rule for one in found.detector.findings()}) > 120
    assert _told(_local(documents, _without(found))) == _told(found.detector.findings())


def _by_agent(event: dict[str, Any]) -> dict[str, Any]:
    """The event as Elastic Agent's integration indexes it."""
    audit = copy.deepcopy(event)
    for name in ("requestObject", "responseObject"):
        if isinstance(audit.get(name), dict):
            audit[name].pop("metadata", None)
    audit["annotations"] = {key.replace(".", "_"): value for key, value in audit.get("annotations", {}).items()}
    return {"@timestamp": event["stageTimestamp"], "kubernetes": {"audit": audit}}


def _agent_mapping() -> dict[str, Any]:
    """What the integration says of the fields that are asked; bodies are kept, not searched."""
    person = {"properties": {"username": _KEYWORD, "uid": _KEYWORD, "groups": _TEXT}}
    names = ("resource", "namespace", "name", "uid", "apiGroup", "apiVersion", "subresource")
    status = {"code": {"type": "integer"}, "status": _KEYWORD, "message": _TEXT}
    audit = {
        **dict.fromkeys(("auditID", "level", "stage", "verb", "userAgent", "requestURI", "kind"), _KEYWORD),
        **dict.fromkeys(("user", "impersonatedUser"), person),
        **dict.fromkeys(("requestReceivedTimestamp", "stageTimestamp"), _DATE),
        **dict.fromkeys(("requestObject", "responseObject"), _UNMAPPED),
        "sourceIPs": _TEXT,
        "objectRef": {"properties": dict.fromkeys(names, _KEYWORD)},
        "responseStatus": {"properties": status},
    }
    texts = {"match_mapping_type": "string", "path_match": "kubernetes.audit.annotations.*", "mapping": _TEXT}
    return {
        "mappings": {
            "dynamic_templates": [{"annotations": texts}],
            "properties": {"kubernetes": {"properties": {"audit": {"properties": audit}}}},
        }
    }


async def test_events_of_elastic_agent_give_the_same_findings_by_the_rules_that_can_be_asked(
    server: OpenSearch,
) -> None:
    server.call("PUT", "/audit-agent", _agent_mapping())
    documents = _filled(server, "audit-agent", [_by_agent(one) for one in _events()])

    found = await search(server.url, Access(), "audit-agent", shipped_rules())

    assert (found.layout, found.gaps, found.unread) == (AGENT, "", 0)
    assert {one.missing for one in found.kept if one.missing} == {("requestObject.metadata",)}
    assert _told(_local(documents, _without(found))) == _told(found.detector.findings())


async def test_events_under_a_name_of_a_shipper_are_found_within_a_span(server: OpenSearch) -> None:
    wrapped = [{"@timestamp": one["stageTimestamp"], "json": one} for one in _events()[:600]]
    documents = _filled(server, "audit-json", wrapped)
    times = [one["json"]["stageTimestamp"] for one in documents]
    first, last = times[100], times[-100]

    found = await search(server.url, Access(), "audit-json", shipped_rules(), _seconds(first), _seconds(last))

    within = [one for one, at in zip(documents, times, strict=True) if _seconds(first) <= _seconds(at) < _seconds(last)]
    assert _told(_local(within, _without(found))) == _told(found.detector.findings())


def _seconds(text: str) -> float:
    from console.model.envelopes.times import parse_time

    return int(parse_time(text) * 1000) / 1000


async def test_an_index_that_is_not_there_or_holds_something_else_is_told(server: OpenSearch) -> None:
    server.index("shop", [{"price": 3}])

    with pytest.raises(BadInput, match="no audit events"):
        await search(server.url, Access(), "shop", shipped_rules())
    with pytest.raises(BadInput, match="nothing-here"):
        await search(server.url, Access(), "nothing-here", shipped_rules())
