"""The condition for an index is needed by all a rule matches; what is enough for it is matched."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_record
from console.model.severity import Severity
from console.rules.offline import shipped_rules
from console.rules.pushing.asking import Asker
from console.rules.pushing.bounding import bounds_of
from console.rules.pushing.columns import RAW, Columns, columns_of, raw_columns
from console.rules.pushing.patterns import LONGEST
from console.rules.pushing.trees import Atom, Bounds, merged
from console.rules.rule import Rule
from console.rules.view import View
from tests.console.rules.pushing.corpus import events
from tests.console.rules.pushing.indexing import holds


def _told() -> list[tuple[dict[str, Any], AuditEvent]]:
    read = [(one, read_record(msgspec.json.encode(one))) for one in events()]
    return [(one, found) for one, signals in read for found in signals if isinstance(found, AuditEvent)]


def test_every_event_that_a_rule_matches_fulfils_what_is_asked_for_it() -> None:
    rules = shipped_rules()
    bounds = {one.rule.id: bounds_of(one.rule, Asker(raw_columns())) for one in rules.compiled}
    needed = {name: merged(one.upper, LONGEST) for name, one in bounds.items()}
    matched: dict[str, int] = dict.fromkeys(bounds, 0)
    for document, event in _told():
        if event.stage == "RequestReceived":
            continue
        cells, candidates = rules.choose(event)
        view = View(event, cells)
        found = {one.rule.id for one in candidates if one.test(view)}
        for name in found:
            matched[name] += 1
            assert holds(needed[name], document), (name, document)
        held = {one.rule.id for one in rules.compiled if one.before(view) and one.test(view)}
        for name, one in bounds.items():
            assert name in held or not holds(one.lower, document), (name, document)

    assert [name for name, count in matched.items() if not count] == []


def test_with_a_later_stage_comes_the_one_that_is_judged() -> None:
    needed = [merged(bounds_of(one.rule, Asker(raw_columns())).upper, LONGEST) for one in shipped_rules().compiled]
    for document in events()[:1500]:
        begun = document | {"stage": "ResponseStarted", "responseStatus": {"code": 418}, "annotations": {}}
        for tree in needed:
            assert holds(tree, begun) or not holds(tree, document), document


def _rule(search: dict[str, Any], condition: str = "selection", **more: Any) -> Rule:
    detection = {"selection": search, **more, "condition": condition}
    return Rule("X-1", "x", Severity.LOW, detection, "x.yml:1")


def _bounds(rule: Rule, columns: Columns | None = None) -> Bounds:
    return bounds_of(rule, Asker(columns or raw_columns()))


def test_what_cannot_be_asked_is_never_taken_for_false_also_below_a_not() -> None:
    rule = _rule({"outcome": "ok", "pod.privileged": True}, "not selection", other={"verb": "get"})

    assert _bounds(rule).upper is True


def test_a_value_too_long_for_the_index_counts_as_there() -> None:
    document = {"verb": "get", "requestURI": "/x?" + "y" * 300 + "needle", "responseStatus": {"code": 200}}

    upper = _bounds(_rule({"requestURI|contains": "needle"})).upper

    assert holds(upper, document)
    assert not holds(upper, document | {"requestURI": "/x"})


def test_a_field_that_no_document_has_is_false_only_where_the_index_takes_up_whatever_comes() -> None:
    rule = _rule({"impersonatedUser.username": "root"})

    assert _bounds(rule, columns_of({}, RAW, grows=True)).upper is False
    assert _bounds(rule, columns_of({}, RAW, grows=False)).upper is True


def test_a_field_mapped_in_two_ways_is_not_asked() -> None:
    kinds = {"keyword": {"searchable": True}, "long": {"searchable": True}}

    assert columns_of({"fields": {"verb": kinds}}, RAW, grows=True).of("verb") is None


def test_a_field_that_cannot_be_searched_is_not_asked() -> None:
    kinds = {"keyword": {"searchable": False}}

    assert columns_of({"fields": {"verb": kinds}}, RAW, grows=True).of("verb") is None


def test_words_of_a_field_without_its_whole_values_are_needed_and_not_enough() -> None:
    columns = columns_of({"fields": {"user.groups": {"text": {"searchable": True}}}}, RAW)

    found = Asker(columns).among("user.groups", ["system:masters"])

    assert found == Bounds(Atom("user.groups:text", "", "system:masters"), False)
    assert Asker(columns).among("user.groups", ["-"]).upper is True
