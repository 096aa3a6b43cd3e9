"""Traffic is judged as an independent evaluator judges it, over random policies, pods and connections."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from console.model.network import NetworkPolicy
from console.policy.netpol import isolation
from console.policy.traffic import End, Flow, Port, enters, leaves
from tests.console.policy.test_netpol import BOTH, policy
from tests.means.cache import Missing, give_up
from tests.means.judging import judge

KEYS, VALUES = ("app", "tier", "env"), ("", "a", "b")
CIDRS = ("0.0.0.0/0", "10.0.0.0/24", "10.0.0.0/30", "203.0.113.0/24", "::/0")
PORTS = ("http", "dns", 80, 53, 8080)
NAMED = [{"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "dns", "port": 53, "protocol": "UDP"}]
NUMBERS = (80, 53, 8080, 8085)
WEB = End("10.0.0.1", "shop", "web", {"app": "a"}, (Port("http", 8080),))
OTHER = End("10.0.0.2", "shop", "db", {"app": "b"})


class Chance:
    """Random cases from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def labels(self) -> dict[str, str]:
        return {key: self.random.choice(VALUES) for key in KEYS if self.random.random() < 0.6}

    def selector(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.random.random() < 0.5:
            made["matchLabels"] = {self.random.choice(KEYS): self.random.choice(VALUES)}
        if self.random.random() < 0.5:
            operator = self.random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
            values = self.random.sample(VALUES, self.random.randint(1, 2)) if operator.endswith("In") else None
            one = {"key": self.random.choice(KEYS), "operator": operator} | ({"values": values} if values else {})
            made["matchExpressions"] = [one]
        return made

    def protocol(self) -> str:
        return self.random.choice(("TCP", "UDP"))

    def peer(self) -> dict[str, Any]:
        kind = self.random.randrange(4)
        if kind == 0:
            block: dict[str, Any] = {"cidr": self.random.choice(CIDRS)}
            if block["cidr"] == "0.0.0.0/0" and self.random.random() < 0.5:
                block["except"] = ["10.0.0.0/30"]
            return {"ipBlock": block}
        if kind == 1:
            return {"podSelector": self.selector()}
        if kind == 2:
            return {"namespaceSelector": self.selector()}
        return {"podSelector": self.selector(), "namespaceSelector": self.selector()}

    def port(self) -> dict[str, Any]:
        made: dict[str, Any] = {"protocol": self.protocol()}
        if self.random.random() < 0.85:
            made["port"] = self.random.choice(PORTS)
            if isinstance(made["port"], int) and self.random.random() < 0.3:
                made["endPort"] = made["port"] + 10
        return made

    def rules(self, peers: str) -> list[dict[str, Any]]:
        made = []
        for _ in range(self.random.randint(0, 2)):
            rule: dict[str, Any] = {}
            if self.random.random() < 0.8:
                rule[peers] = [self.peer() for _ in range(self.random.randint(1, 2))]
            if self.random.random() < 0.6:
                rule["ports"] = [self.port() for _ in range(self.random.randint(1, 2))]
            made.append(rule)
        return made

    def policy(self, number: int, spaces: list[str]) -> dict[str, Any]:
        spec: dict[str, Any] = {"podSelector": self.selector()}
        types = self.random.choice((None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        if types:
            spec["policyTypes"] = types
        if self.random.random() < 0.8:
            spec["ingress"] = self.rules("from")
        if self.random.random() < 0.8:
            spec["egress"] = self.rules("to")
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{number}", "namespace": self.random.choice(spaces)},
            "spec": spec,
        }

    def case(self) -> dict[str, Any]:
        spaces = ["shop", "far"]
        pods = [
            {
                "namespace": self.random.choice(spaces),
                "name": f"pod{number}",
                "labels": self.labels(),
                "ip": f"10.0.0.{number + 1}",
                "containerPorts": NAMED,
            }
            for number in range(4)
        ]
        ends = [f"{pod['namespace']}/{pod['name']}" for pod in pods] + ["ip:203.0.113.7"]
        traffic = [
            {"from": source, "to": target, "port": self.random.choice(NUMBERS), "protocol": self.protocol()}
            for source in ends
            for target in ends
            if source != target
        ]
        return {
            "policies": [self.policy(number, spaces) for number in range(self.random.randint(1, 4))],
            "namespaces": {space: self.labels() for space in spaces},
            "pods": pods,
            "traffic": traffic,
        }


def _end(name: str, case: dict[str, Any]) -> End:
    if name.startswith("ip:"):
        return End(name[3:])
    (pod,) = [one for one in case["pods"] if f"{one['namespace']}/{one['name']}" == name]
    ports = tuple(Port(one["name"], one["port"], one["protocol"]) for one in pod["containerPorts"])
    return End(pod["ip"], pod["namespace"], pod["name"], pod["labels"], ports)


def test_an_independent_judge_agrees_on_random_cases() -> None:
    chance = Chance(20260101)
    cases = [chance.case() for _ in range(400)]
    try:
        answers = judge(cases)
    except Missing as missing:
        give_up("the judge of NetworkPolicies", missing)
    assert len(answers) == len(cases)
    compared = allowed = 0
    for case, answer in zip(cases, answers, strict=True):
        policies = [msgspec.convert(one, NetworkPolicy) for one in case["policies"]]
        for wanted, told in zip(case["traffic"], answer["allowed"], strict=True):
            if "error" in told or told.get("doubt") not in (None, ["selector"]):
                continue
            flow = Flow(_end(wanted["from"], case), _end(wanted["to"], case), wanted["port"], wanted["protocol"])
            ours = (enters(policies, case["namespaces"], flow), leaves(policies, case["namespaces"], flow))
            assert ours == (told["ingress"], told["egress"]), (case["policies"], wanted, told)
            compared += 1
            allowed += all(ours)
    # The comparison means something only when both answers are common.
    assert compared > 5000
    assert 0.1 < allowed / compared < 0.9


def test_a_pod_that_counts_as_isolated_lets_nothing_pass() -> None:
    chance = Chance(7)
    isolated = 0
    for _ in range(600):
        case = chance.case()
        policies = [msgspec.convert(one, NetworkPolicy) for one in case["policies"]]
        ends = {name: _end(name, case) for flow in case["traffic"] for name in (flow["from"], flow["to"])}
        for end in [one for one in ends.values() if one.namespace]:
            if not isolation(policies, end.namespace, end.labels).complete:
                continue
            isolated += 1
            for other in [one for one in ends.values() if one != end]:
                assert not any(enters(policies, case["namespaces"], Flow(other, end, port)) for port in NUMBERS)
                assert not any(leaves(policies, case["namespaces"], Flow(end, other, port)) for port in NUMBERS)
    assert isolated > 20


def test_a_pod_is_never_kept_from_itself() -> None:
    deny = policy("deny", {}, policyTypes=BOTH)
    assert enters([deny], {}, Flow(WEB, WEB, 80))
    assert not enters([deny], {}, Flow(OTHER, WEB, 80))


@pytest.mark.parametrize(("port", "passed"), [(8080, True), (80, False)])
def test_a_named_port_is_looked_up_on_the_target(port: int, passed: bool) -> None:
    named = policy("named", {}, policyTypes=["Ingress"], ingress=[{"ports": [{"port": "http"}]}])
    assert enters([named], {}, Flow(OTHER, WEB, port)) is passed
