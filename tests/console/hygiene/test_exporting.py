"""Exporter: the one way out. Structure first (a Secret's data), then patterns, then the terminal."""

from __future__ import annotations

import base64
import json

import pytest

from console.hygiene.cleaning import FIELD_LIMIT
from console.hygiene.exporting import Exporter
from console.model.ref import ResourceRef
from tests.console.hygiene.payloads import CANARIES, FORBIDDEN, PLACES, TERMINAL

EXPORT = Exporter(b"incident")
CANARY = "plainwordcanary"
"""A secret no pattern can know: only its place tells."""
ENCODED = base64.b64encode(CANARY.encode()).decode()


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "Secret", "data": {"a": ENCODED}, "stringData": {"b": CANARY}},
        {"kind": "SecretList", "items": [{"kind": "Secret", "data": {"a": ENCODED}}]},
        {"kind": "SecretList", "items": [{"data": {"a": ENCODED}}]},
        {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "X", "value": CANARY}]}]}},
        {
            "kind": "Deployment",
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": CANARY}},
        },
        {"kind": "TokenReview", "spec": {"token": CANARY}},
        {"kind": "TokenRequest", "status": {"token": CANARY}},
        {"kind": "Secret", "data": [CANARY]},
        {"kind": "ConfigMap", "data": {"config.json": json.dumps({"auths": {"registry": {"auth": ENCODED}}})}},
        {"message": json.dumps({"objectRef": {"resource": "secrets"}, "requestObject": {"data": {"a": ENCODED}}})},
        {"properties": {"log": json.dumps({"responseObject": {"kind": "Secret", "stringData": {"a": CANARY}}})}},
        {"protoPayload": {"response": {"@type": "core.k8s.io/v1.Secret", "data": {"a": ENCODED}}}},
        {
            "protoPayload": {
                "resourceName": "core/v1/namespaces/shop/secrets/db",
                "request": {"data": {"a": ENCODED}},
            }
        },
        {"kind": "Pod", "spec": {"containers": [{"args": ["serve", "--db-password", CANARY, "--token"]}]}},
        {"objectRef": {"resource": "secrets"}, "requestObject": {"data": {"a": ENCODED}}},
        {"objectRef": {"resource": "secrets"}, "requestObject": {"stringData": {"a": {"b": CANARY}}}},
        {
            "objectRef": {"resource": "secrets"},
            "requestObject": [{"op": "add", "path": "/data/password", "value": ENCODED}],
        },
        {"objectRef": {"resource": "secrets"}, "requestObject": [{"op": "add", "path": "", "value": {"x": CANARY}}]},
        {
            "objectRef": {"resource": "deployments"},
            "requestObject": [{"op": "replace", "path": "/spec/containers/0/env/0/value", "value": CANARY}],
        },
        {
            "requestObject": [
                {
                    "op": "add",
                    "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
                    "value": CANARY,
                }
            ]
        },
    ],
)
def test_a_secret_is_masked_by_where_it_stands(document: dict[str, object]) -> None:
    text = "\n".join(EXPORT.document(document))

    assert CANARY not in text
    assert ENCODED not in text
    assert "⟨" in text


@pytest.mark.parametrize("text", [*CANARIES.values(), *PLACES])
def test_no_canary_leaves_in_a_field_a_log_or_a_document(text: str) -> None:
    secret = PLACES.get(text, text)
    ways = [EXPORT(text), *EXPORT.lines(f"x\n{text}\ny"), *EXPORT.document({"message": text, "args": [text]})]

    shown = "\n".join(ways)
    assert secret not in shown
    assert json.dumps(secret)[1:-1] not in shown


@pytest.mark.parametrize("payload", TERMINAL.values(), ids=TERMINAL)
def test_every_way_out_is_safe_to_draw(payload: str) -> None:
    ways = [EXPORT(payload), *EXPORT.lines(payload), *EXPORT.document({payload: payload})]

    assert not [c for line in ways for c in line if c in FORBIDDEN]


def test_half_a_secret_at_the_cut_of_a_huge_field_does_not_show() -> None:
    huge = "word " * (4 * FIELD_LIMIT // 5 - 3) + CANARIES["jwt"]

    assert "eyJhbGciOi" not in EXPORT(huge, FIELD_LIMIT)


def test_a_log_keeps_its_lines_but_not_more_than_asked() -> None:
    assert EXPORT.lines("a\nb\nc", most=2) == ("a", "b")


def test_a_private_key_over_several_lines_is_masked_as_a_whole() -> None:
    shown = "\n".join(EXPORT.lines("before\n" + CANARIES["pem"] + "\nafter"))

    assert "Q0FOQVJZ" not in shown
    assert shown.startswith("before\n")
    assert shown.endswith("after")


def test_a_reference_names_its_kind() -> None:
    assert EXPORT.ref(ResourceRef("c", "", "Pod", "shop", "web")) == "Pod shop/web"


def test_what_is_no_secret_stays_readable_beside_one() -> None:
    """Names of a Secret's keys, flags, and the other operations of a patch are what the responder works with."""
    document = {
        "objectRef": {"resource": "secrets", "name": "db"},
        "requestObject": [
            {"op": "add", "path": "/data/password", "value": ENCODED},
            {"op": "add", "path": "/metadata/labels/by", "value": "mallory"},
        ],
        "args": ["--password", CANARY, "--verbose", "yes"],
    }

    text = "\n".join(EXPORT.document(document))

    assert all(word in text for word in ("/data/password", "mallory", "--password", "--verbose", "yes", '"db"'))
