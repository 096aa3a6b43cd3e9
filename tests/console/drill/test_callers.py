"""Which credentials still work: the rules of a real API server for service account tokens."""

from __future__ import annotations

import pytest

from console.drill.callers import INVALID_SINCE, Token, by_token
from console.drill.statuses import Failure
from tests.console.drill.lab import Lab

_SECRET = "/api/v1/namespaces/shop/secrets/deployer-token"
_ACCOUNT = "/api/v1/namespaces/shop/serviceaccounts/deployer"


def _token(lab: Lab, **more: str) -> Token:
    account = lab.server.store.get("ServiceAccount", "shop", "deployer")
    assert account is not None
    return Token("shop", "deployer", account["metadata"]["uid"], "an-id", **more)


def _works(lab: Lab, token: Token) -> bool:
    try:
        by_token(lab.server.store, token, "192.0.2.1", "curl/8")
    except Failure as failure:
        return failure.code != 401
    return True


def test_a_label_invalidates_a_legacy_token_and_its_removal_restores_it(lab: Lab) -> None:
    token = _token(lab, secret="deployer-token")
    before = _works(lab, token)
    lab.patch(_SECRET, {"metadata": {"labels": {INVALID_SINCE: "2026-06-01"}}})
    labelled = _works(lab, token)
    lab.patch(_SECRET, {"metadata": {"labels": {INVALID_SINCE: None}}})

    assert (before, labelled, _works(lab, token)) == (True, False, True)


def test_an_account_made_again_does_not_take_old_tokens(lab: Lab) -> None:
    token = _token(lab)
    lab.send("DELETE", _ACCOUNT)
    gone = _works(lab, token)
    lab.send("POST", "/api/v1/namespaces/shop/serviceaccounts", {"metadata": {"name": "deployer"}})

    assert (gone, _works(lab, token), _works(lab, _token(lab))) == (False, False, True)


async def test_a_bound_token_dies_with_its_pod(lab: Lab) -> None:
    pod = lab.pods("shop", "web-")[0]["metadata"]
    token = _token(lab, pod=pod["name"], pod_uid=pod["uid"], node="node-1")
    caller = by_token(lab.server.store, token, "10.244.0.9", "web")
    lab.send("DELETE", f"/api/v1/namespaces/shop/pods/{pod['name']}")
    await lab.wait(5)

    assert caller.extra["authentication.kubernetes.io/pod-name"] == (pod["name"],)
    assert not _works(lab, token)


@pytest.mark.parametrize("secret", ["", "deployer-token"])
def test_the_groups_are_those_every_account_has(lab: Lab, secret: str) -> None:
    caller = by_token(lab.server.store, _token(lab, secret=secret), "192.0.2.1", "curl/8")

    assert caller.user == "system:serviceaccount:shop:deployer"
    assert caller.groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
