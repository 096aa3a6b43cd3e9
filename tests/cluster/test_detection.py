"""On a real control plane: every step of a scripted intrusion is found, and an everyday stays below medium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.model.severity import Severity
from tests.cluster.everyday import whole_day
from tests.cluster.intrusion import STEPS, Intruder, clean_up
from tests.cluster.recording import recorded
from tests.controlplane.running import ControlPlane


@pytest.fixture
def intruder(controlplane: ControlPlane, namespace: str) -> Iterator[Intruder]:
    one = Intruder(controlplane, namespace)
    yield one
    clean_up(one)


def test_everyday_work_stays_below_medium(controlplane: ControlPlane, namespace: str) -> None:
    with recorded(controlplane) as record:
        whole_day(controlplane, namespace)
    assert len(record.lines()) > 300, "hardly anything happened"
    loud = [(f.severity.value, f.rule, f.who.user, f.target, f.note) for f in record.findings(Severity.MEDIUM)]
    assert loud == []


def test_every_step_of_an_intrusion_is_found_amid_everyday_work(
    controlplane: ControlPlane, namespace: str, intruder: Intruder
) -> None:
    missed = {}
    controlplane.namespaces(f"{namespace}-day")
    with recorded(controlplane) as everything, ThreadPoolExecutor(1) as beside:
        day = beside.submit(whole_day, controlplane, f"{namespace}-day")
        for step, (act, expected) in STEPS.items():
            with recorded(controlplane) as record:
                act(intruder)
            if not expected <= (found := record.rules()):
                missed[step] = (sorted(expected - found), sorted(found))
        day.result()
    controlplane.kubectl("delete", "namespace", f"{namespace}-day", "--wait=false")
    assert missed == {}
    among_all = {step: sorted(expected - everything.rules()) for step, (_, expected) in STEPS.items()}
    assert not any(among_all.values()), among_all
    worst = everything.findings(Severity.MEDIUM)
    strangers = {f.who.user for f in worst} - {intruder.user, "system:anonymous", ""}
    assert strangers == set(), [(f.rule, f.who.user, f.target) for f in worst if f.who.user in strangers]


def test_start_of_a_cluster_stays_below_medium(controlplane: ControlPlane) -> None:
    """Controllers, scheduler and API server coming up, from the first line of the log."""
    from console.rules.detector import Detector
    from console.rules.offline import feed_lines, shipped_rules

    lines = controlplane.audit_log.read_bytes().splitlines()[:400]
    detector = Detector(shipped_rules())
    feed_lines(lines, detector)
    core = [f for f in detector.findings() if f.severity.at_least(Severity.MEDIUM) and f.who.user.startswith("system:")]
    assert core == []


@pytest.fixture(autouse=True)
def _keep_the_log(controlplane: ControlPlane) -> Iterator[None]:
    yield
    if folder := os.environ.get("KEEP_AUDIT_LOG"):
        shutil.copy(controlplane.audit_log, folder)
