"""Audit events that only the attacker causes, and the bounds of the log. The rest is in tests/contracts/cluster."""

from __future__ import annotations

import pytest

from console.drill import audit
from console.drill.callers import Token
from console.ports.cluster import Request
from tests.console.drill.lab import Lab


def _stolen(lab: Lab, secret: str = "deployer-token") -> Token:
    account = lab.server.store.get("ServiceAccount", "shop", "deployer")
    assert account is not None
    return Token("shop", "deployer", account["metadata"]["uid"], "stolen", secret=secret)


def test_a_minted_token_names_its_credential_and_shows_no_body(lab: Lab) -> None:
    reply = lab.send("POST", "/api/v1/namespaces/shop/serviceaccounts/web/token", {"spec": {"expirationSeconds": 600}})

    event = lab.events()[-1]
    token = reply.json()["status"]["token"]
    assert reply.status == 201
    assert event["objectRef"]["subresource"] == "token"
    assert event["level"] == "Metadata"
    assert event["annotations"]["authentication.kubernetes.io/issued-credential-id"].startswith("JTI=")
    assert token.count(".") == 2
    assert token not in str(event)


def test_the_thief_is_seen_with_his_address_and_program(lab: Lab) -> None:
    lab.server.send(_stolen(lab), Request("GET", "/api/v1/secrets"), "203.0.113.66", "python-requests/2.32.3")

    event = lab.events()[-1]
    assert event["user"]["username"] == "system:serviceaccount:shop:deployer"
    assert event["user"]["groups"] == ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
    assert (event["sourceIPs"], event["userAgent"]) == (["203.0.113.66"], "python-requests/2.32.3")


def test_a_dead_token_leaves_a_401_of_nobody(lab: Lab) -> None:
    lab.send("DELETE", "/api/v1/namespaces/shop/secrets/deployer-token")

    reply = lab.server.send(_stolen(lab), Request("GET", "/api/v1/secrets"), "203.0.113.66", "curl/8")

    event = lab.events()[-1]
    assert reply.status == 401
    assert (event["responseStatus"]["code"], event["user"].get("username")) == (401, "")
    assert "authorization.k8s.io/decision" not in event["annotations"]


def test_an_exec_is_a_get_that_only_starts(lab: Lab) -> None:
    pod = lab.pods("shop", "web-")[0]["metadata"]["name"]

    lab.send("GET", f"/api/v1/namespaces/shop/pods/{pod}/exec?command=cat&command=%2Fetc%2Fshadow")

    event = lab.events()[-1]
    assert (event["verb"], event["stage"], event["responseStatus"]["code"]) == ("get", "ResponseStarted", 101)
    assert "command=cat" in event["requestURI"]


def test_the_log_is_bounded_and_counts_what_it_dropped(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "KEPT", 10)
    for _ in range(25):
        lab.send("GET", "/version")

    assert (len(lab.server.audit.lines), lab.server.audit.dropped) == (10, 15)
