"""What a rule needs to be recorded, read off its own condition."""

from __future__ import annotations

from functools import cache

import pytest

from console.model.need import LEVELS, Need
from console.rules.needing import needs
from console.rules.offline import shipped_rules


@cache
def shipped() -> dict[str, Need]:
    return {one.rule: one for one in needs(shipped_rules().auditing)}


@pytest.mark.parametrize(
    ("rule", "level", "request_"),
    [
        ("K8S-SECRETS-DUMP", "Metadata", ("list", "secrets", "")),
        ("K8S-PRIVILEGED", "Request", ("create", "pods", "")),
        ("K8S-ROLE-WILDCARD", "Request", ("create", "clusterroles", "")),
        ("K8S-TOKEN-LONG", "Request", ("create", "serviceaccounts", "token")),
        ("K8S-EXEC-CREDENTIALS", "Metadata", ("create", "pods", "exec")),
        ("K8S-CRONJOB", "Metadata", ("create", "cronjobs", "")),
    ],
)
def test_a_shipped_rule_needs_what_it_reads(rule: str, level: str, request_: tuple[str, str, str]) -> None:
    assert shipped()[rule].level == level
    assert request_ in shipped()[rule].requests


def test_every_rule_needs_something_of_some_request() -> None:
    assert set(shipped()) == {rule.id for rule in shipped_rules().rules if rule.reads == "audit"}
    assert all(one.requests and one.level in LEVELS[1:] for one in shipped().values())
