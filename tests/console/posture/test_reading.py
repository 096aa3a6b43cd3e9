"""Manifests from files: everything that can be read is, and everything that cannot is named with its place."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import BadInput
from console.model.need import Need
from console.model.weakness import STANDARDS
from console.posture.manifest import manifests_of
from console.posture.reading import read_files
from console.posture.scanning import scan
from tests.console.posture.manifests import pod


def read(folder: Path, text: str | bytes, name: str = "given.yaml") -> tuple[list[str], list[str]]:
    """The objects of a file by name, and its faults without its folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, faults = read_files([str(path)])
    return [str(one) for one in found], [fault.removeprefix(f"{folder}/") for fault in faults]


TWO = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n---\napiVersion: apps/v1\nkind: Job\nmetadata: {name: b}\n"


def test_yaml_of_several_documents_json_and_lists(tmp_path: Path) -> None:
    items = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a", "namespace": "shop"}}]}
    mixed = {"kind": "List", "apiVersion": "v1", "items": [pod("a"), pod("b")]}

    assert read(tmp_path, TWO) == (["Pod/a", "Job/b"], [])
    assert read(tmp_path, json.dumps(pod("a"))) == (["Pod/shop/a"], [])
    assert read(tmp_path, json.dumps(items)) == (["Pod/shop/a"], [])
    assert read(tmp_path, json.dumps(mixed)) == (["Pod/shop/a", "Pod/shop/b"], [])
    assert read(tmp_path, json.dumps([pod("a"), pod("b")])) == (["Pod/shop/a", "Pod/shop/b"], [])
    assert read(tmp_path, b"\xef\xbb\xbf" + TWO.encode()) == (["Pod/a", "Job/b"], [])
    assert read(tmp_path, "") == ([], [])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TWO.encode())))

    assert [str(one) for one in read_files(["-"])[0]] == ["Pod/a", "Job/b"]


def test_times_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: 2026-11-23T00:00:00Z}\n")

    ((one,), _) = read_files([str(path)])

    assert one.at("metadata")["creationTimestamp"] == "2026-11-23T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1\n---\n", "given.yaml line 2: did not find expected ',' or ']'"),
        ("just words", "given.yaml: no object of Kubernetes but str"),
        (f"{TWO}---\nmetadata: {{name: c}}\n", "given.yaml document 4: no `kind`"),
        ("apiVersion: v1\nkind: Pod\nmetadata: web\n", "given.yaml: `metadata` is no mapping"),
        ('{"kind": "List", "apiVersion": "v1", "items": [7]}', "given.yaml item 0: no object of Kubernetes but int"),
        (b"kind: \xff\xfe\n", "given.yaml"),
        ("kind: 7\napiVersion: v1\n", "given.yaml: no `kind`"),
        ("[" * 100_000, "given.yaml line 1: more than 100 levels"),
        ("&a [*a]", "given.yaml line 1: a value inside itself"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path, text: str | bytes, fault: str) -> None:
    _, faults = read(tmp_path, text)

    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_one_bad_document_hides_no_other(tmp_path: Path) -> None:
    assert read(tmp_path, f"metadata: {{}}\n---\n{TWO}")[0] == ["Pod/a", "Job/b"]


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    _, faults = read_files([str(tmp_path / "absent"), str(tmp_path)])

    assert [fault.split(": ", 1)[1] for fault in faults] == [
        "cannot be read: No such file or directory. Check the path and its permissions.",
        "cannot be read: Is a directory. Check the path and its permissions.",
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["spec", "metadata", "containers", "env", "template", "rules", "subjects", "webhooks", "name",
                         "labels", "ownerReferences", "securityContext", "volumes", "type", "ports", "roleRef"]),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
KINDS = [
    ("v1", "Pod"), ("apps/v1", "Deployment"), ("batch/v1", "CronJob"), ("v1", "Service"), ("v1", "Namespace"),
    ("v1", "ServiceAccount"), ("networking.k8s.io/v1", "NetworkPolicy"), ("networking.k8s.io/v1", "Ingress"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"), ("audit.k8s.io/v1", "Policy"),
]  # fmt: skip


FIELDS = ("spec", "metadata", "rules", "webhooks", "subjects", "roleRef", "template")


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
def test_no_object_makes_a_look_fail(kind: tuple[str, str], body: dict[str, object]) -> None:
    text = json.dumps({**body, "apiVersion": kind[0], "kind": kind[1]})
    try:
        manifests = list(manifests_of(json.loads(text)))
    except BadInput:
        return
    weak, faults = scan(manifests, needs=[Need("ANY", "any", (), (("list", "secrets", ""),), "Metadata")])

    assert {one.standard for one in weak} <= set(STANDARDS)
    assert all(one.object.startswith(kind[1]) for one in weak)
    assert all(fault.startswith(kind[1]) for fault in faults)
