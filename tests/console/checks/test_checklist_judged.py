"""What an intruder may leave: made since T0, static, to be judged by a person."""

from __future__ import annotations

from typing import Any

from console.model.facts import Ask
from tests.console.checks.scripted import Scripted, ask_check, meta, pod

BEFORE, T0, AFTER = "2026-04-30T00:00:00Z", "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"


def made(name: str, when: str, namespace: str = "", **spec: Any) -> dict[str, Any]:
    return {**meta(name, namespace, creationTimestamp=when), "spec": spec}


def cluster() -> Scripted:
    facts = Scripted().watch("CronJob", made("backup", BEFORE, "shop"), made("miner", AFTER, "shop", suspend=False))
    return facts.watch("MutatingWebhookConfiguration", made("inject", AFTER))


def test_without_a_t0_nothing_can_be_listed() -> None:
    assert ask_check("autorun.judged", cluster()).truth is None


def test_only_what_was_made_since_t0_is_listed() -> None:
    verdict = ask_check("autorun.judged", cluster().say("t0.estimate", T0))
    assert verdict.truth is False
    assert "2 of 2" in verdict.observed
    assert "CronJob shop/miner" in verdict.observed
    assert "backup" not in verdict.observed


def test_the_confirmed_t0_beats_the_estimate() -> None:
    facts = cluster().say("t0.estimate", T0).say("t0.confirmed", "2026-05-03T00:00:00Z")
    assert ask_check("autorun.judged", facts).truth is True


def test_a_suspended_cron_job_judged_bad_is_done_with_and_a_running_one_is_not() -> None:
    facts = cluster().say("t0.estimate", T0).say("judged.good", "MutatingWebhookConfiguration inject")
    facts.say("judged.bad", "CronJob shop/miner")
    assert ask_check("autorun.judged", facts).truth is False
    facts.kinds["CronJob"].clear()
    facts.watch("CronJob", made("miner", AFTER, "shop", suspend=True))
    assert ask_check("autorun.judged", facts).truth is True


def test_persistence_wants_a_dump_to_compare_with_too() -> None:
    facts = Scripted().say("t0.estimate", T0).watch("ClusterRoleBinding", made("old", BEFORE))
    assert ask_check("persistence.judged", facts).truth is None
    facts.facts[Ask("evidence", ("cluster.dump", ""))] = ("aa",)
    assert ask_check("persistence.judged", facts).truth is True
    facts.watch("ClusterRoleBinding", made("backdoor", AFTER))
    assert ask_check("persistence.judged", facts).truth is False


def test_static_pods_outside_kube_system_are_strangers_until_judged() -> None:
    mirror = {"kubernetes.io/config.mirror": "hash", "kubernetes.io/config.source": "file"}
    facts = Scripted().watch("Pod", pod("etcd", "kube-system", annotations=mirror), pod("web"))
    assert ask_check("staticpods.judged", facts).truth is True
    facts.watch("Pod", pod("implant", "default", annotations=mirror))
    verdict = ask_check("staticpods.judged", facts)
    assert verdict.truth is False
    assert "Pod default/implant (on node-0, from file)" in verdict.observed
    assert ask_check("staticpods.judged", facts.say("judged.good", "Pod default/implant")).truth is True
