"""Strings of rules as expressions of Lucene: at least as much is matched, whatever the text."""

from __future__ import annotations

import re

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from console.rules.agents import PATTERNS
from console.rules.matching import compile_field
from console.rules.offline import shipped_rules
from console.rules.pushing.patterns import ANY, LONGEST, around, literal, of_pattern, packed, wildcards, words

_ASCII = st.text(st.sampled_from('abkKsSXx019*?\\.|()[]{}~@&<>#"/-:^$ '), max_size=12)
_TEXTS = st.text(st.sampled_from("abkKsSXx*?\\.|/ \u212a\u017f\n"), max_size=12)


def _matches(expressions: list[str], text: str) -> bool:
    """As Lucene: as a whole, a dot is any sign."""
    return any(re.fullmatch(one, text, re.DOTALL) for one in expressions)


def _patterns() -> list[str]:
    found = [*PATTERNS.values()]
    for one in shipped_rules().compiled:
        for search in one.rule.detection.values():
            for part in search if isinstance(search, list) else [search]:
                for key, value in part.items() if isinstance(part, dict) else ():
                    if key.endswith("|re"):
                        found += value if isinstance(value, list) else [value]
    return found


@given(_ASCII, st.booleans())
def test_an_expression_of_a_text_matches_it_and_nothing_longer(text: str, cased: bool) -> None:
    expression = literal(text, cased=cased)

    assert re.fullmatch(expression, text, re.DOTALL)
    assert not re.fullmatch(expression, f"{text}!", re.DOTALL)


@given(_ASCII)
def test_case_is_not_regarded_as_the_rules_do_not(text: str) -> None:
    for other in (text.upper(), text.lower(), text.swapcase()):
        if other.lower() == text.lower():
            assert re.fullmatch(literal(text), other, re.DOTALL)


class _Seen:
    def __init__(self, agent: str) -> None:
        self.event = type("Event", (), {"user_agent": agent})


@settings(max_examples=400)
@given(_ASCII, _TEXTS, st.sampled_from(["", "contains", "startswith", "endswith", "cased"]))
def test_whatever_a_string_of_a_rule_matches_its_expression_matches(value: str, text: str, modifier: str) -> None:
    modifiers = [modifier] if modifier else []
    local = compile_field("|".join(["userAgent", *modifiers]), value)
    expressions = packed([wildcards(value, modifiers)], *around(modifiers))

    for seen in (text, f"{text}{value}", f"{value}{text}", f"{text}{value}{text}"):
        assert not seen or not local(_Seen(seen)) or _matches(expressions, seen)


@settings(max_examples=8)
@given(st.data())
def test_whatever_a_pattern_of_a_shipped_rule_finds_its_expressions_match(data: st.DataObject) -> None:
    for pattern in _patterns():
        expressions = of_pattern(pattern)
        try:
            sample = data.draw(st.from_regex(pattern))
        except re.error:
            continue
        if expressions is not None and re2.search(pattern, sample):
            assert _matches(expressions, sample), (pattern, sample)


@pytest.mark.parametrize("pattern", ["[[:alpha:]]x", "(?m)^a", "(a", "(?x) a", "a(?-i:b)", r"\pN", "ä"])
def test_what_both_might_read_differently_is_not_asked(pattern: str) -> None:
    assert of_pattern(pattern) is None


def test_no_expression_is_longer_than_search_clusters_take() -> None:
    expressions = [*words([f"system:serviceaccount:kube-system:{number}-controller" for number in range(400)])]
    expressions += [one for pattern in _patterns() for one in of_pattern(pattern) or ()]

    assert max(map(len, expressions)) <= LONGEST
    assert of_pattern("x" * 2000) is None


def test_what_is_found_anywhere_is_written_within_one_pair_of_stars() -> None:
    assert of_pattern("(?i)ab|c$|d") == [f"{ANY}([aA][bB]|[dD]){ANY}", f"{ANY}[cC]"]
