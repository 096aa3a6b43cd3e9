"""The union of all policies over one pod: deny-all takes nothing away that another policy allows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from console.model.network import NetworkPolicy
from console.policy.netpol import directions, isolation, selecting

BOTH = ["Ingress", "Egress"]


def policy(name: str, selector: dict[str, Any], namespace: str = "shop", **spec: Any) -> NetworkPolicy:
    raw = {"metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": selector, **spec}}
    return msgspec.convert(raw, NetworkPolicy)


DENY = policy("deny", {"matchLabels": {"mark": "x"}}, policyTypes=BOTH)


def test_a_policy_without_rules_isolates_completely() -> None:
    seen = isolation([DENY], "shop", {"mark": "x"})
    assert seen.complete
    assert seen.left == ()
    assert seen.policies == ("deny",)


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]},
        {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
    ],
)
def test_a_policy_that_selects_bare_pods_keeps_its_allows(selector: dict[str, Any]) -> None:
    allow = policy("allow", selector, policyTypes=["Ingress"], ingress=[{}])
    seen = isolation([DENY, allow], "shop", {"mark": "x"})
    assert not seen.complete
    assert seen.left == ("policy allow allows ingress from anywhere on all ports",)


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        ({"podSelector": {}}, "all pods of this namespace"),
        ({"namespaceSelector": {}}, "all pods in all namespaces"),
        ({"podSelector": {"matchLabels": {"app": "db"}}}, "pods app=db of this namespace"),
        ({"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "a"}}}, "all pods in namespaces team=a"),
    ],
)
def test_who_is_let_in_is_said_in_words(peer: dict[str, Any], said: str) -> None:
    one = policy("same", {}, policyTypes=["Ingress"], ingress=[{"from": [peer]}])
    assert isolation([DENY, one], "shop", {"mark": "x"}).left == (
        f"policy same allows ingress from {said} on all ports",
    )


def test_policies_of_other_namespaces_and_labels_do_not_count() -> None:
    elsewhere = policy("elsewhere", {}, "other", policyTypes=BOTH, ingress=[{}])
    by_label = policy("by-label", {"matchLabels": {"app": "web"}}, policyTypes=BOTH, ingress=[{}])
    assert isolation([DENY, elsewhere, by_label], "shop", {"mark": "x"}).complete
    assert [one.metadata.name for one in selecting([DENY, by_label], "shop", {"app": "web"})] == ["by-label"]


def test_no_policy_means_everything_passes() -> None:
    seen = isolation([], "shop", {"app": "web"})
    assert seen.left == (
        "no policy selects the pod for ingress: all of it passes",
        "no policy selects the pod for egress: all of it passes",
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ("Ingress",)),
        ({"egress": []}, ("Ingress",)),
        ({"egress": [{}]}, ("Ingress", "Egress")),
        ({"policyTypes": ["Egress"]}, ("Egress",)),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, ("Egress",)),
    ],
)
def test_directions_left_out_are_filled_in_as_the_api_server_does(
    spec: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert directions(policy("any", {}, **spec)) == expected


def test_rules_of_a_direction_the_policy_is_not_about_allow_nothing() -> None:
    egress_only = policy("out", {}, policyTypes=["Egress"], ingress=[{}])
    assert isolation([DENY, egress_only], "shop", {"mark": "x"}).complete


def test_allows_are_told_with_peers_and_ports() -> None:
    rule = {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}},
            {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {"matchLabels": {"app": "dns"}}},
        ],
        "ports": [{"protocol": "UDP", "port": 53}, {"port": 8000, "endPort": 9000}],
    }
    allow = policy("out", {}, policyTypes=["Egress"], egress=[rule])
    assert isolation([DENY, allow], "shop", {"mark": "x"}).left == (
        "policy out allows egress to 0.0.0.0/0 except 169.254.169.254/32 or pods app=dns in namespaces team=a "
        "on UDP/53,TCP/8000-9000",
    )
