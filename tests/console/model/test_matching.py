"""An answer is believed only if it is the object that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from console.errors import Unreachable
from console.model.matching import the_object
from console.model.ref import BY_KIND

POD = BY_KIND["Pod"].ref("shop", "web")


def pod(**meta: Any) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u-1", **meta}}


def test_the_object_asked_for_is_given_back_whole_or_as_metadata() -> None:
    assert the_object(pod(), POD) == pod()
    assert the_object(pod() | {"kind": "PartialObjectMetadata"}, POD)["metadata"]["uid"] == "u-1"
    node = {"kind": "Node", "metadata": {"name": "n", "uid": "u"}}
    assert the_object(node, BY_KIND["Node"].ref("", "n")) == node


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "its kind is not given"),
        ([], "it is no object"),
        (None, "it is no object"),
        ("Pod", "it is no object"),
        ({"kind": "Pod"}, "it has no metadata"),
        ({"kind": "Pod", "metadata": "web"}, "it has no metadata"),
        (pod() | {"kind": "PodList"}, "its kind is 'PodList'"),
        (pod(name="other"), "its name is 'other'"),
        (pod(namespace="kube-system"), "its namespace is 'kube-system'"),
        (pod(uid=""), "it has no uid"),
        (pod(uid=7), "it has no uid"),
    ],
)
def test_anything_else_is_no_answer_of_the_api_server(answer: Any, why: str) -> None:
    with pytest.raises(Unreachable, match=rf"{why}.*is this the API server\?"):
        the_object(answer, POD)
