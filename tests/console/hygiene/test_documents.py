"""YAML that would crash its reader, or never end, is refused with its line; all other is read as JSON would be."""

from __future__ import annotations

import pytest
import yaml

from console.hygiene.documents import DEEPEST, load_document, load_documents

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{', '.join([f'*{chr(97 + step)}'] * 10)}]\n" for step in range(9)
)


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("[" * 100_000, f"more than {DEEPEST} levels", 1),
        ("a:\n  " + "- " * 50_000, f"more than {DEEPEST} levels", 2),
        (BOMB, "more than 5000000 values", 7),
        ("a: &a\n  b: *a", "a value inside itself", 2),
        ("a: 1\n---\nb: [", "did not find expected node content", 4),
    ],
)
def test_what_no_reader_survives_is_refused_with_its_line(text: str, problem: str, line: int) -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        list(load_documents(text))

    assert caught.value.problem_mark
    assert (caught.value.problem, caught.value.problem_mark.line + 1) == (problem, line)


def test_depth_and_aliases_that_people_use_are_read() -> None:
    deep = "".join(f"{'  ' * level}a:\n" for level in range(DEEPEST - 2))

    assert load_document(deep) is not None
    assert load_document("a: &a [1, 2]\nb: *a\nc: *a") == {"a": [1, 2], "b": [1, 2], "c": [1, 2]}


def test_times_stay_text_and_documents_come_in_turn() -> None:
    assert list(load_documents("a: 2026-11-23T00:00:00Z\n---\n---\nb: yes")) == [
        {"a": "2026-11-23T00:00:00Z"},
        None,
        {"b": True},
    ]
