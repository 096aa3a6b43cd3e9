"""Selectors match as the API server's do."""

from __future__ import annotations

import pytest

from console.model.meta import LabelRequirement, LabelSelector
from console.policy.selector import matches, matches_map, words


def _needs(key: str, operator: str, *values: str) -> LabelSelector:
    return LabelSelector(match_expressions=[LabelRequirement(key, operator, list(values))])


@pytest.mark.parametrize(
    ("selector", "labels", "matched"),
    [
        (None, {"a": "1"}, False),
        (LabelSelector(), None, True),
        (LabelSelector(), {"a": "1"}, True),
        (LabelSelector({"a": "1"}), {"a": "1", "b": "2"}, True),
        (LabelSelector({"a": "1"}), {"a": "2"}, False),
        (LabelSelector({"a": ""}), {}, False),
        (LabelSelector({"a": ""}), {"a": ""}, True),
        (_needs("a", "In", "1", "2"), {"a": "2"}, True),
        (_needs("a", "In", "1"), {}, False),
        (_needs("a", "NotIn", "1"), {}, True),
        (_needs("a", "NotIn", "1"), {"a": "1"}, False),
        (_needs("a", "NotIn", "1"), {"a": "2"}, True),
        (_needs("a", "Exists"), {"a": ""}, True),
        (_needs("a", "Exists"), {}, False),
        (_needs("a", "DoesNotExist"), {}, True),
        (_needs("a", "DoesNotExist"), {"a": ""}, False),
        (_needs("a", "Near", "1"), {"a": "1"}, False),
    ],
)
def test_a_selector_matches_as_the_api_server_does(
    selector: LabelSelector | None, labels: dict[str, str] | None, matched: bool
) -> None:
    assert matches(selector, labels) is matched


def test_an_empty_service_selector_selects_nothing() -> None:
    assert not matches_map({}, {"a": "1"})
    assert not matches_map(None, {"a": "1"})
    assert matches_map({"a": "1"}, {"a": "1", "b": "2"})


def test_a_selector_is_told_in_kubectls_notation() -> None:
    selector = LabelSelector(
        {"app": "web"}, [LabelRequirement("tier", "NotIn", ["db"]), LabelRequirement("x", "Exists")]
    )
    assert words(selector) == "app=web,tier notin (db),x"
    assert words(LabelSelector()) == "everything"
