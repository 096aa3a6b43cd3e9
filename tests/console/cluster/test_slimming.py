"""Equal parts are kept once, and what was read stays what it was."""

from __future__ import annotations

import json

import msgspec

from console.cluster.decoding import KindDecoder
from console.cluster.slimming import slim
from console.model.objects import Pod
from tests.console.cluster.faults import pod


def decoded(**more: object) -> Pod:
    obj = pod("web-1", 7)
    obj["metadata"] |= more
    found = KindDecoder("Pod").item(json.dumps(obj).encode())
    assert isinstance(found, Pod)
    return found


def test_slimming_keeps_every_value() -> None:
    raw = json.dumps(pod("web-1", 7)).encode()

    assert slim(msgspec.json.decode(raw, type=Pod)) == msgspec.json.decode(raw, type=Pod)


def test_equal_parts_of_two_pods_are_one() -> None:
    first, second = decoded(name="a", uid="1"), decoded(name="b", uid="2")

    assert first.metadata.labels is second.metadata.labels
    assert first.spec.containers is second.spec.containers
    assert first.metadata.namespace is second.metadata.namespace
    assert first.metadata.name != second.metadata.name


def test_different_parts_are_not_mixed() -> None:
    first, second = decoded(labels={"a": "1"}), decoded(labels={"a": "2"})

    assert (first.metadata.labels, second.metadata.labels) == ({"a": "1"}, {"a": "2"})


def test_the_newest_managers_are_kept() -> None:
    fields = [
        {"manager": f"m{number}", "operation": "Update", "time": f"2026-11-{number:02}T00:00:00Z"}
        for number in range(20, 0, -1)
    ]

    kept = decoded(managedFields=fields).metadata.managed_fields

    assert [field.manager for field in kept or ()] == ["m16", "m17", "m18", "m19", "m20"]
