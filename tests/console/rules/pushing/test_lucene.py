"""What a real search cluster makes of the queries: each rule by itself, so that no other hides what it loses."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_record
from console.rules.compiling import Compiled, RuleSet
from console.rules.offline import shipped_rules
from console.rules.pushing.asking import Asker
from console.rules.pushing.bounding import bounds_of
from console.rules.pushing.columns import RAW, Layout, columns_of
from console.rules.pushing.lucene import Writer
from console.rules.pushing.patterns import LONGEST
from console.rules.pushing.trees import Tree, merged
from console.rules.view import View
from tests.console.rules.pushing.corpus import events
from tests.means.opensearch import OpenSearch, StartOpenSearch

pytestmark = pytest.mark.slow
_INDEX = "audit-each"


@pytest.mark.parametrize("major", ["3", "2"])
def test_each_rule_by_itself_is_asked_for_all_it_matches_and_no_less(
    major: str, start_opensearch: StartOpenSearch
) -> None:
    server, documents = start_opensearch(major), events()
    refused = set(server.index(_INDEX, documents))
    judged = {place for place, one in enumerate(documents) if one["stage"] != "RequestReceived"}
    caps = server.call("GET", f"/{_INDEX}/_field_caps?fields=*&include_unmapped=true")
    columns, rules = columns_of(caps, RAW, grows=True), shipped_rules()
    writer = Writer(columns, opensearch=True)

    for one in rules.compiled:
        bounds = bounds_of(one.rule, Asker(columns))
        needed = _found(server, writer, merged(bounds.upper, LONGEST), len(documents))
        enough = _found(server, writer, merged(bounds.lower, LONGEST), len(documents))
        matched = _matched(one, rules, documents) - refused
        assert matched, one.rule.id
        lost = (matched & judged) - needed
        assert not lost, (one.rule.id, [documents[place] for place in lost][:1])
        wrong = (enough & judged) - matched
        assert not wrong, (one.rule.id, [documents[place] for place in wrong][:1])


def _matched(one: Compiled, rules: RuleSet, documents: list[dict[str, Any]]) -> set[int]:
    """Places of documents in which the rule's condition holds, whatever became of the request before."""
    return {place for place, view in enumerate(_views(rules, documents)) if one.before(view) and one.test(view)}


_VIEWS: list[View] = []


def _views(rules: RuleSet, documents: list[dict[str, Any]]) -> list[View]:
    if not _VIEWS:
        for document in documents:
            event = next(one for one in read_record(msgspec.json.encode(document)) if isinstance(one, AuditEvent))
            _VIEWS.append(View(event, rules.choose(event)[0]))
    return _VIEWS


def _found(server: OpenSearch, writer: Writer, tree: Tree, most: int) -> set[int]:
    """Places of the documents that the server finds."""
    if tree is False:
        return set()
    query = {"match_all": {}} if tree is True else {"query_string": {"query": writer.query(tree)}}
    body = {"size": most, "_source": False, "query": {"bool": {"filter": [query]}}}
    answer = server.call("POST", f"/{_INDEX}/_search", body)
    assert answer["_shards"]["failed"] == 0
    return {int(hit["_id"]) for hit in answer["hits"]["hits"]}


def test_names_with_a_slash_are_written_so_that_they_are_names() -> None:
    columns = columns_of(
        {"fields": {"annotations.authorization.k8s.io/decision": {"keyword": {"searchable": True}}}}, RAW
    )

    asked = Asker(columns).among("annotations.authorization.k8s.io/decision", ["forbid"]).upper

    assert Writer(columns, opensearch=False).query(asked).startswith(r"annotations.authorization.k8s.io\/decision:")


def test_a_condition_is_written_with_the_names_of_the_index() -> None:
    columns = columns_of({"fields": {"json.verb": {"keyword": {"searchable": True}}}}, Layout("x", "json."))
    asked = Asker(columns).among("verb", ["get"]).upper

    assert Writer(columns, opensearch=True).query(asked) == "json.verb:/[gG][eE][tT]/"
