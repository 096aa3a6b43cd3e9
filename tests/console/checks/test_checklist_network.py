"""Isolation is the union of all policies, never proved without a data path; exposure is everything that leads in."""

from __future__ import annotations

from typing import Any

import pytest

from console.model.facts import Ask, Unknown
from tests.console.checks.scripted import Scripted, ask_check, meta, pod, ref

SHOP = ref("Namespace", "", "shop")
WEB = ref("Service", "shop", "web")


def policy(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {**meta(name, "shop"), "spec": spec}


DENY = policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
ALLOW = policy("old", {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"], "egress": [{}]})


def test_a_deny_beside_an_older_allow_isolates_nothing() -> None:
    facts = Scripted().watch("Pod", pod("web", labels={"app": "web"})).watch("NetworkPolicy", DENY, ALLOW)
    assert ask_check("pod.contained", facts, ref("Pod", "shop", "web")).truth is False
    assert ask_check("namespace.isolated", facts, SHOP).truth is False


def test_isolation_on_paper_stays_unknown_and_says_what_is_missing() -> None:
    facts = Scripted().watch("Pod", pod("web")).watch("NetworkPolicy", DENY)
    for name, target in (("pod.contained", ref("Pod", "shop", "web")), ("namespace.isolated", SHOP)):
        verdict = ask_check(name, facts, target)
        assert verdict.truth is None
        assert "no data path" in verdict.unverifiable[0]


def test_isolation_counts_once_a_person_tried_that_policies_are_enforced_and_flows_stay_unseen() -> None:
    facts = Scripted().watch("Pod", pod("web")).watch("NetworkPolicy", DENY).say("network.enforced", "canary refused")
    for name, target in (("pod.contained", ref("Pod", "shop", "web")), ("namespace.isolated", SHOP)):
        verdict = ask_check(name, facts, target)
        assert verdict.truth is True
        assert "says ana" in verdict.observed
        assert "no flow is seen here" in verdict.unverifiable[0]
    bare = Scripted().watch("Pod", pod("web")).say("network.enforced", "canary refused")
    assert ask_check("pod.contained", bare, ref("Pod", "shop", "web")).truth is False


def test_a_pod_that_is_gone_or_another_incarnation_needs_no_isolation() -> None:
    assert ask_check("pod.contained", Scripted(), ref("Pod", "shop", "web", "old")).truth is True
    facts = Scripted().watch("Pod", pod("web"))
    assert ask_check("pod.contained", facts, ref("Pod", "shop", "web", "old")).truth is True


def test_a_pod_on_the_host_network_is_never_isolated() -> None:
    facts = Scripted().watch("Pod", pod("web", spec={"hostNetwork": True})).watch("NetworkPolicy", DENY)
    verdict = ask_check("namespace.isolated", facts, SHOP)
    assert verdict.truth is False
    assert "1 on the host's network" in verdict.observed


@pytest.mark.parametrize("policies", [(), (DENY,)])
def test_a_namespace_without_running_pods_proves_nothing(policies: tuple[dict[str, Any], ...]) -> None:
    """A tick would say that the namespace is locked down; the next pod would show that it is not."""
    done = pod("job-1")
    done["status"]["phase"] = "Succeeded"
    done["status"]["containerStatuses"][0]["state"] = {"terminated": {"exitCode": 0}}
    facts = Scripted().watch("Pod", done).watch("NetworkPolicy", *policies)
    verdict = ask_check("namespace.isolated", facts, SHOP)
    assert verdict.truth is None
    assert verdict.observed.startswith("no pods to isolate")


@pytest.mark.parametrize("state", [{"running": {}}, None])
def test_a_pod_that_is_only_called_ended_must_be_isolated_too(state: dict[str, Any] | None) -> None:
    """Whoever may write pods/status can call a pod Succeeded that runs."""
    forged = pod("web")
    forged["status"]["phase"] = "Succeeded"
    forged["status"]["containerStatuses"][0]["state"] = state
    facts = Scripted().watch("Pod", forged).watch("NetworkPolicy")

    verdict = ask_check("namespace.isolated", facts, SHOP)

    assert (verdict.truth, verdict.observed) == (False, "1 of 1 pods may still talk: web")


def test_a_default_deny_must_cover_both_directions() -> None:
    ingress = policy("in", {"podSelector": {}, "policyTypes": ["Ingress"]})
    verdict = ask_check("namespace.denied", Scripted().watch("NetworkPolicy", ingress), SHOP)
    assert (verdict.truth, verdict.observed) == (False, "policies 1 · no default deny for Egress")
    egress = policy("out", {"podSelector": {}, "policyTypes": ["Egress"]})
    assert ask_check("namespace.denied", Scripted().watch("NetworkPolicy", ingress, egress), SHOP).truth is True


def slice_(ready: bool | None) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": "web"}
    conditions = {} if ready is None else {"ready": ready}
    return {
        **meta("web-x", "shop", labels=labels),
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": conditions}],
    }


ROUTE = {
    **meta("front", "shop"),
    "spec": {"rules": [{"host": "shop.example", "http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]},
}


def test_a_service_is_closed_when_nothing_is_ready_and_no_ingress_leads_to_it() -> None:
    assert ask_check("service.closed", Scripted().watch("EndpointSlice", slice_(False)), WEB).truth is True
    facts = Scripted().watch("EndpointSlice", slice_(False)).watch("Ingress", ROUTE)
    assert ask_check("service.closed", facts, WEB).truth is False


def test_an_endpoint_without_a_condition_counts_as_ready() -> None:
    assert ask_check("service.closed", Scripted().watch("EndpointSlice", slice_(None)), WEB).truth is False


def test_a_service_with_ready_endpoints_is_not_called_healthy_without_a_target() -> None:
    assert ask_check("service.healthy", Scripted().watch("EndpointSlice", slice_(True)), WEB).truth is None
    facts = Scripted().watch("EndpointSlice", slice_(True)).say("slo.met", "shop/api 99.9 %")
    assert ask_check("service.healthy", facts, WEB).truth is None
    assert ask_check("service.healthy", facts.say("slo.met", "shop/web 99.9 %"), WEB).truth is True
    assert ask_check("service.healthy", Scripted().say("slo.met", "shop/web 99.9 %"), WEB).truth is False


def exposed() -> Scripted:
    facts = Scripted()
    facts.reviews = False
    facts.watch("Service", {**meta("web", "shop"), "spec": {"type": "NodePort"}}, {**meta("db", "shop"), "spec": {}})
    facts.watch("Pod", pod("agent", spec={"hostNetwork": True}), pod("kube-proxy", "kube-system"), pod("api"))
    return facts.watch("Ingress", ROUTE)


def test_every_way_in_has_to_be_judged() -> None:
    facts = exposed()
    verdict = ask_check("exposure.judged", facts)
    assert verdict.truth is False
    assert "3 of 3 outward exposures to judge: Service shop/web (NodePort)" in verdict.observed
    facts.say("judged.good", "Service shop/web", "Ingress shop/front", "Pod shop/agent")
    assert ask_check("exposure.judged", facts).truth is True


def test_what_was_judged_bad_must_be_gone() -> None:
    facts = exposed().say("judged.good", "Ingress shop/front", "Pod shop/agent").say("judged.bad", "Service shop/web")
    verdict = ask_check("exposure.judged", facts)
    assert verdict.truth is False
    assert verdict.residual == ("Service shop/web was judged bad and is still there",)


def test_an_anonymous_right_or_an_unanswered_review_keeps_exposure_from_ticking() -> None:
    facts = exposed().say("judged.good", "Service shop/web", "Ingress shop/front", "Pod shop/agent")
    facts.reviews = True
    assert ask_check("exposure.judged", facts).truth is False
    facts.reviews = None
    assert ask_check("exposure.judged", facts).truth is None


def test_a_watch_that_is_not_live_makes_isolation_unknown() -> None:
    blind = Unknown("NetworkPolicy watch is forbidden")
    facts = Scripted({Ask("objects", ("NetworkPolicy", "shop")): blind}).watch("Pod", pod("web"))
    assert ask_check("namespace.isolated", facts, SHOP).truth is None
    assert ask_check("namespace.denied", facts, SHOP).truth is None
