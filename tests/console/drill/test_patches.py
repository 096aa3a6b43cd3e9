"""The three kinds of patch."""

from __future__ import annotations

from typing import Any

import pytest

from console.drill.patches import JSON, MERGE, STRATEGIC, patched
from console.drill.statuses import Failure

_POD: dict[str, Any] = {
    "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x"]},
    "spec": {"containers": [{"name": "one", "image": "i:1"}, {"name": "two", "image": "i:2"}], "args": ["p"]},
}


@pytest.mark.parametrize(
    ("how", "patch", "path", "value"),
    [
        (MERGE, {"metadata": {"labels": {"a": None}}}, ("metadata", "labels"), {"b": "2"}),
        (MERGE, {"spec": {"containers": []}}, ("spec", "containers"), []),
        (STRATEGIC, {"metadata": {"labels": {"a": None, "c": "3"}}}, ("metadata", "labels"), {"b": "2", "c": "3"}),
        (
            STRATEGIC,
            {"spec": {"containers": [{"name": "two", "image": "i:3"}]}},
            ("spec", "containers"),
            [{"name": "one", "image": "i:1"}, {"name": "two", "image": "i:3"}],
        ),
        (
            STRATEGIC,
            {"spec": {"containers": [{"name": "one", "$patch": "delete"}]}},
            ("spec", "containers"),
            [{"name": "two", "image": "i:2"}],
        ),
        (STRATEGIC, {"spec": {"args": ["q"]}}, ("spec", "args"), ["q"]),
        (STRATEGIC, {"metadata": {"finalizers": ["y"]}}, ("metadata", "finalizers"), ["x", "y"]),
        (
            STRATEGIC,
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x"]}},
            ("metadata", "finalizers"),
            [],
        ),
        (STRATEGIC, {"spec": {"$patch": "replace", "args": []}}, ("spec",), {"args": []}),
        (JSON, [{"op": "replace", "path": "/metadata/labels/a", "value": "9"}], ("metadata", "labels", "a"), "9"),
        (JSON, [{"op": "add", "path": "/spec/args/-", "value": "q"}], ("spec", "args"), ["p", "q"]),
        (JSON, [{"op": "remove", "path": "/spec/containers/0/image"}], ("spec", "containers", 0), {"name": "one"}),
        (JSON, [{"op": "add", "path": "/metadata/labels/x~1y", "value": "z"}], ("metadata", "labels", "x/y"), "z"),
    ],
)
def test_a_patch_changes_what_it_says(how: str, patch: Any, path: tuple[Any, ...], value: Any) -> None:
    found = patched(how, _POD, patch)

    for part in path:
        found = found[part]
    assert found == value


@pytest.mark.parametrize(
    "patch", [[{"op": "test", "path": "/spec/args/0", "value": "q"}], [{"op": "remove", "path": "/nothing"}]]
)
def test_a_json_patch_that_does_not_fit_is_refused_and_changes_nothing(patch: Any) -> None:
    before = str(_POD)

    with pytest.raises(Failure) as caught:
        patched(JSON, _POD, patch)

    assert caught.value.code == 422
    assert str(_POD) == before
