"""Fields, modifiers and conditions mean what Sigma says they mean, and find values wherever a body hides them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.errors import BadInput
from console.model.severity import Severity
from console.rules import matching
from console.rules.compiling import RuleSet, compile_rule
from console.rules.detector import Detector
from console.rules.hostpaths import is_sensitive
from console.rules.matching import compile_field
from console.rules.rule import Rule
from console.rules.view import View, _is_public, is_public
from tests.console.rules.events import read

POD = {"containers": [{"name": "a", "image": "busybox:1", "ports": [{"containerPort": 80}]}], "hostPID": True}
CREATE = {"verb": "create", "objectRef": {"resource": "pods", "namespace": "shop", "name": "web"}}


def _rule(condition: str = "s", **searches: Any) -> Rule:
    return Rule("R", "r", Severity.LOW, {**searches, "condition": condition}, "test")


def _matches(event: dict[str, Any], condition: str = "s", **searches: Any) -> bool:
    detector = Detector(RuleSet([_rule(condition, **searches)]))
    assert detector.rules.faults == []
    detector.feed(read([event]))
    assert detector.failures == 0
    return bool(detector.findings())


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"pod.containers.*.image": "busybox:1"}, True),
        ({"pod.containers.image": "BUSYBOX:1"}, True),
        ({"pod.containers.image|cased": "BUSYBOX:1"}, False),
        ({"pod.containers.image": "busy*"}, True),
        ({"pod.containers.image": r"busy\*"}, False),
        ({"pod.containers.image|startswith": "busy"}, True),
        ({"pod.containers.image|endswith": [":2", ":1"]}, True),
        ({"pod.containers.image|contains": "box"}, True),
        ({"pod.containers.image|contains|all": ["busy", ":2"]}, False),
        ({"pod.containers.image|re": "^b.*1$"}, True),
        ({"pod.containers.*.ports.*.containerPort|gte": 80}, True),
        ({"pod.containers.*.ports.*.containerPort|gt": 80}, False),
        ({"pod.containers.*.ports.*.containerPort": 80}, True),
        ({"pod.hostPID": True}, True),
        ({"pod.hostPID": False}, False),
        ({"pod.hostIPC": None}, True),
        ({"pod.hostIPC|exists": False}, True),
        ({"pod.containers|exists": True}, True),
        ({"pod.containers|count": 1}, True),
        ({"requestObject.spec.containers.*.name": "a"}, True),
        ({"objectRef.namespace": ["x", "shop"]}, True),
        ({"objectRef.resource|expand": "%pod_carriers%"}, True),
        ({"objectRef.subresource": None}, True),
        ({"user.groups": "dev"}, True),
        ({"sourceIPs|cidr": "10.0.0.0/8"}, True),
        ({"sourceIPs|cidr": "192.168.0.0/16"}, False),
        ({"who.kind": "person", "who.tool": "kubectl", "outcome": "ok"}, True),
        ({"code": 200}, True),
        ({"objectRef.name|fieldref": "target.name"}, True),
    ],
)
def test_a_search_finds_what_it_should(search: dict[str, Any], expected: bool) -> None:
    assert _matches({**CREATE, "requestObject": {"spec": POD}}, s=search) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", True), ("b", False), ("a and b", False), ("a or b", True), ("not b", True), ("a and not b", True),
        ("not (a or b)", False), ("1 of a*", True), ("all of them", False), ("1 of them", True), ("all of a*", True),
        ("b or (a and a2)", True),
    ],
)  # fmt: skip
def test_conditions(condition: str, expected: bool) -> None:
    searches = {
        "a": {"verb": "create"},
        "a2": {"objectRef.resource": "pods"},
        "b": [{"verb": "get"}, {"who.user": "x"}],
    }
    assert _matches(CREATE, condition, **searches) is expected


@pytest.mark.parametrize(
    ("condition", "search", "words"),
    [
        ("s", {"no.such.field": 1}, "unknown field"),
        ("s", {"verb|nope": 1}, "unknown modifier"),
        ("s", {"userAgent|re": "("}, "bad pattern"),
        ("s", {"sourceIPs|cidr": "x"}, "bad network"),
        ("s", {"code|gt": "x"}, "needs a number"),
        ("s", {"verb|expand": "%none%"}, "no list called"),
        ("s and", {"verb": "get"}, "ends too early"),
        ("t", {"verb": "get"}, "no search"),
        ("s s", {"verb": "get"}, "unexpected"),
        ("(s", {"verb": "get"}, "ends too early|missing"),
        ("1 of x*", {"verb": "get"}, "no search matches"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named_and_left_out(condition: str, search: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        compile_rule(_rule(condition, s=search))
    rules = RuleSet([_rule(condition, s=search), _rule(s={"verb": "create"})])
    assert len(rules.compiled) == 1
    assert "not used" in rules.faults[0]


SPEC = {"containers": [{"name": "a", "securityContext": {"privileged": True}}]}
SHAPES: dict[str, tuple[str, Any]] = {
    "pod": ("pods", {"spec": SPEC}),
    "deployment": ("deployments", {"spec": {"template": {"spec": SPEC}}}),
    "cron job": ("cronjobs", {"spec": {"jobTemplate": {"spec": {"template": {"spec": SPEC}}}}}),
    "pod template": ("podtemplates", {"template": {"spec": SPEC}}),
    "init container": ("pods", {"spec": {"containers": [{"name": "x"}], "initContainers": SPEC["containers"]}}),
    "second container": ("pods", {"spec": {"containers": [{"name": "x"}, *SPEC["containers"]]}}),
    "ephemeral container": ("pods", {"spec": {"ephemeralContainers": SPEC["containers"]}}),
    "strategic patch": (
        "daemonsets",
        {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "a"}], **SPEC}}}},
    ),
    "JSON patch of a field": (
        "deployments",
        [{"op": "add", "path": "/spec/template/spec/containers/0/securityContext/privileged", "value": True}],
    ),
    "JSON patch of a container": (
        "deployments",
        [{"op": "add", "path": "/spec/template/spec/containers/-", "value": SPEC["containers"][0]}],
    ),
    "JSON patch of the spec": ("deployments", [{"op": "replace", "path": "/spec/template", "value": {"spec": SPEC}}]),
    "JSON patch of a context": (
        "pods",
        [{"op": "replace", "path": "/spec/containers/0/securityContext", "value": {"privileged": True}}],
    ),
}


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_privileged_container_is_found_in_every_shape(name: str) -> None:
    resource, body = SHAPES[name]
    event = {"verb": "patch", "objectRef": {"resource": resource, "name": "x"}, "requestObject": body}
    assert _matches(event, s={"pod.privileged": True})


def test_a_container_that_a_patch_deletes_is_none() -> None:
    body = {"spec": {"containers": [{"$patch": "delete", "name": "a", "securityContext": {"privileged": True}}]}}
    assert not _matches({**CREATE, "requestObject": body}, s={"pod.privileged": True})


def test_a_creation_logged_without_its_request_is_judged_by_its_answer() -> None:
    assert _matches({**CREATE, "responseObject": {"spec": SPEC}}, s={"pod.privileged": True})


_GIVING = "/ /etc /etc/kubernetes/manifests /var/run/docker.sock /var/lib/kubelet/pki /root/.ssh /proc /var/log/pods"
_OWN = "/usr/local /etc/localtime /etc/ssl/certs /data /var/lib/app /sys/fs/cgroup /mnt/disks/ssd0 /var/log/app"


@pytest.mark.parametrize("path", _GIVING.split())
def test_paths_that_give_the_node_away(path: str) -> None:
    assert is_sensitive(path)


@pytest.mark.parametrize("path", _OWN.split())
def test_paths_that_do_not(path: str) -> None:
    assert not is_sensitive(path)


def test_a_bad_pattern_is_told_by_us_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """The library writes its own line to the terminal unless it is asked not to."""
    rules = RuleSet([_rule(s={"verb|re": "("})])

    assert "bad pattern '('" in rules.faults[0]
    assert capfd.readouterr() == ("", "")


def test_what_a_pattern_remembers_is_bounded_and_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_REMEMBERED", 5)
    test = compile_field("objectRef.name|re", "^db-[0-4]$")
    (known,) = [cell.cell_contents for cell in _cells(test) if isinstance(cell.cell_contents, dict)]
    views = [View(event, ("",) * 6 + (False,)) for event in read([_named(f"db-{number}") for number in range(20)])]

    for _ in range(2):
        assert [test(view) for view in views] == [number < 5 for number in range(20)]
    assert 0 < len(known) <= 5
    (long,) = read([_named("db-" + "9" * 5000)])
    assert not test(View(long, ("",) * 6 + (False,)))
    assert all(len(name) < 300 for name in known)


def test_an_address_of_any_length_is_judged_and_only_short_ones_are_remembered() -> None:
    before = _is_public.cache_info().currsize
    assert [is_public(one) for one in ("203.0.113.9", "8.8.8.8", "10.0.0.1", "x", "")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    after = _is_public.cache_info().currsize
    assert before < after <= before + 5
    assert is_public("2001:4860:4860::8888%" + "z" * 5000)
    assert _is_public.cache_info().currsize == after


def _named(name: str) -> dict[str, Any]:
    return {"objectRef": {"resource": "pods", "name": name}}


def _cells(test: Any) -> Iterator[Any]:
    """What a test and the tests in it close over."""
    for cell in test.__closure__ or ():
        yield cell
        if callable(cell.cell_contents) and hasattr(cell.cell_contents, "__closure__"):
            yield from _cells(cell.cell_contents)
