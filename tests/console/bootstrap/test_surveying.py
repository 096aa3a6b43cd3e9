"""Objects as a posture scan is given them: whole but for what no look reads, and unreadable ones are told."""

from __future__ import annotations

import json

import msgspec
import pytest

from console.bootstrap.surveying import Whole
from console.cluster.decoding import Garbage
from console.model.ref import BY_KIND

POD = {
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "x"},
    },
    "spec": {"hostPID": True},
    "status": {"phase": "Running"},
}


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def test_an_object_of_a_list_is_whole_but_for_what_nobody_reads() -> None:
    one = Whole(BY_KIND["Deployment"]).item(raw(json.dumps(POD)))

    assert (one.kind, one.group, one.namespace, one.name) == ("Deployment", "apps", "shop", "web")
    assert one.body == {
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"mine": "x"}},
        "spec": {"hostPID": True},
    }


@pytest.mark.parametrize("text", ["{", "7", '{"metadata": "web"}', "[" * 100_000])
def test_what_is_no_object_is_garbage(text: str) -> None:
    with pytest.raises(Garbage):
        Whole(BY_KIND["Pod"]).item(raw(text))
