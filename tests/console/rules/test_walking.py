"""Values at a path are found whatever the body's keys are, and never too many of them."""

from __future__ import annotations

from typing import Any

import pytest

from console.rules.walking import MOST, values_at

BODY: dict[str, Any] = {
    "spec": {"containers": [{"image": "a", "args": ["x", "y"]}, {"image": "b"}, 7, None, "text"]},
    "metadata": {"labels": {"app": "web", "*": "star"}, "annotations": {"kubernetes.io/config.mirror": "m"}},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.containers.image", ["a", "b"]),
        ("spec.containers.*.image", ["a", "b"]),
        ("spec.containers.*.args", ["x", "y"]),
        ("spec.containers.*.args.*", ["x", "y"]),
        ("spec.containers.*.args.*.*", ["x", "y"]),
        ("metadata.labels.*", ["web", "star"]),
        ("metadata.annotations.kubernetes.io/config.mirror", ["m"]),
        ("metadata.annotations.kubernetes.io/config", []),
        ("spec.none.*", []),
        ("none", []),
    ],
)
def test_values_at_a_path(path: str, expected: list[Any]) -> None:
    assert values_at(BODY, tuple(path.split("."))) == expected


def test_a_key_that_is_a_star_hides_no_other() -> None:
    assert values_at({"*": 1, "privileged": True}, ("*",)) == [1, True]


def test_values_are_bounded() -> None:
    assert len(values_at({"a": list(range(MOST + 5))}, ("a",))) == MOST
    assert len(values_at({"a": [{"b": [1] * 300}] * 300}, ("a", "*", "b", "*"))) == MOST
