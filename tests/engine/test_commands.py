"""Commands beside each other and against the grain, over a real API server."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.cluster.workloads import deployment
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation


def engines(warroom: Installation) -> list[psutil.Process]:
    """All engine processes of this installation."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line, environ = process.info["cmdline"] or [], process.info["environ"] or {}
        if "engine" in line and environ.get("WARROOM_STATE") == str(warroom.state):
            found.append(process)
    return found


def test_commands_that_start_at_once_get_one_engine(warroom: Installation) -> None:
    plan = ("contain", "node.cordon", "node/node-1", "--plan", "--json")
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: warroom.run(*plan), range(3)))

    assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]
    (lock,) = warroom.state.glob("*/journal.lock")
    holder = int(lock.read_text())
    assert holder in [engine.pid for engine in engines(warroom)]
    # Those that found it taken named its socket and end by themselves; one may still be on its way out.
    _, staying = psutil.wait_procs([engine for engine in engines(warroom) if engine.pid != holder], timeout=20)
    assert staying == []
    assert len([path for path in warroom.state.iterdir() if (path / "journal.db").exists()]) == 1


def test_after_stop_the_next_command_opens_the_same_incident(warroom: Installation) -> None:
    plan = ("contain", "node.cordon", "node/node-1", "--plan", "--json")
    warroom.run(*plan)
    stopped = warroom.run("stop")
    status = warroom.run("status", "--json")

    again = warroom.run(*plan)

    assert (stopped.returncode, status.returncode, again.returncode) == (0, 1, 0), again.stderr
    assert '"engine":false' in status.stdout
    assert len([path for path in warroom.state.iterdir() if (path / "journal.db").exists()]) == 1


def test_status_says_where_record_and_evidence_are(warroom: Installation) -> None:
    warroom.run("undo")

    folder = Path(warroom.json("status")["folder"])

    assert (folder / "journal.db").is_file()
    assert (folder / "evidence").is_dir()
    assert f"record and evidence: {folder}" in warroom.run("status").stdout


def test_a_digest_is_approved_under_its_own_words_only(warroom: Installation, controlplane: ControlPlane) -> None:
    plan = warroom.json("contain", "node.cordon", "node/node-1", "--plan")

    other = warroom.run("contain", "node.cordon", "node/node-2", "--approve", plan["digest"], "--reason", "miner")

    assert other.returncode == 2
    assert "node.cordon on Node node-1, not node.cordon on Node node-2" in other.stderr
    assert controlplane.kubectl("get", "node", "node-1", "-o", "jsonpath={.spec.unschedulable}").stdout == ""


def is_cordoned(controlplane: ControlPlane, node: str) -> bool:
    return bool(controlplane.get("node", node)["spec"].get("unschedulable"))


def test_a_digest_undoes_what_was_named_with_it_and_nothing_else(
    warroom: Installation, controlplane: ControlPlane
) -> None:
    done = {}
    for node in ("node-0", "node-1"):
        cordon = ("contain", "node.cordon", f"node/{node}")
        done[node] = warroom.json(*cordon, "--plan")["digest"]
        applied = warroom.run(*cordon, "--approve", done[node], "--reason", "miner")
        assert applied.returncode == 0, applied.stderr
    undo = warroom.json("undo", done["node-0"], "--plan")["digest"]

    other = warroom.run("undo", done["node-1"], "--approve", undo, "--reason", "over")
    no_undo = warroom.run("undo", done["node-1"], "--approve", done["node-1"], "--reason", "over")
    as_new = warroom.run("contain", "node.cordon", "node/node-0", "--approve", undo, "--reason", "over")
    both = warroom.run("undo", done["node-0"], "--plan", "--approve", undo, "--reason", "over")
    unnamed = warroom.run("undo", "--approve", undo, "--reason", "over")

    assert [one.returncode for one in (other, no_undo, as_new, both, unnamed)] == [2] * 5, other.stdout
    assert f"an undo of {done['node-0']}, not an undo of {done['node-1']}" in other.stderr
    assert "undoes nothing" in no_undo.stderr
    assert [is_cordoned(controlplane, node) for node in done] == [True, True]
    for node in ("node-0", "node-1"):
        digest = warroom.json("undo", done[node][:12], "--plan")["digest"]
        right = warroom.run("undo", done[node][:12], "--approve", digest, "--reason", "over")
        assert right.returncode == 0, right.stderr
        assert not is_cordoned(controlplane, node)


def test_words_typed_beside_a_digest_must_be_those_of_its_plan(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    controlplane.apply(deployment(namespace, "web", 1))
    pod = ready_pod(controlplane, namespace)
    isolate = ("contain", "pod.quarantine", f"pod/{pod}", "-n", namespace)
    digest = warroom.json(*isolate, "--param", "detach=no", "--plan")["digest"]
    yes = ("--approve", digest, "--reason", "miner")

    way = warroom.run(*isolate, "--param", "detach=yes", *yes)
    unknown = warroom.run(*isolate, "--param", "colour=red", *yes)
    place = warroom.run("contain", "pod.quarantine", f"pod/{pod}", "-n", "default", *yes)
    labels = controlplane.get("pod", pod, namespace)["metadata"]["labels"]

    assert [one.returncode for one in (way, unknown, place)] == [2, 2, 2], way.stdout
    assert "was made with detach=no, not detach=yes" in way.stderr
    assert "no colour, not colour=red" in unknown.stderr
    assert f"on Pod {namespace}/{pod}, not pod.quarantine on Pod default/{pod}" in place.stderr
    assert set(labels) == {"app", "pod-template-hash"}, "nothing was done"

    applied = warroom.run(*isolate, "--param", "detach=no", *yes)
    assert applied.returncode in (0, 3, 4), applied.stderr
    _undo_is_held_to_its_words_too(warroom, digest, namespace)


def _undo_is_held_to_its_words_too(warroom: Installation, digest: str, namespace: str) -> None:
    elsewhere = warroom.run("undo", digest, "-n", "default", "--plan")
    back = ("undo", digest, "-n", namespace, "--mode", "network")
    plan = warroom.json(*back, "--plan")["digest"]
    yes = ("--approve", plan, "--reason", "over")

    there = warroom.run("undo", digest, "-n", "default", *yes)
    way = warroom.run("undo", digest, "--mode", "reattach", *yes)
    right = warroom.run(*back, *yes)

    assert [one.returncode for one in (elsewhere, there, way)] == [2, 2, 2], elsewhere.stdout
    assert "which is not in the namespace default. Nothing was done" in elsewhere.stderr
    assert "which is not in the namespace default. Nothing was done" in there.stderr
    assert "was made with mode=network, not mode=reattach" in way.stderr
    assert right.returncode == 0, right.stderr


def test_a_plan_on_the_owner_is_approved_under_the_name_of_the_pod_it_was_asked_for(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    controlplane.apply(deployment(namespace, "web", 1))
    stop = ("contain", "workload.suspend", f"pod/{ready_pod(controlplane, namespace)}", "-n", namespace)
    plan = warroom.json(*stop, "--plan")

    done = warroom.run(*stop, "--approve", plan["digest"], "--reason", "miner", "--break-glass", "alone")

    assert plan["target"] == f"Deployment {namespace}/web"
    assert done.returncode == 0, done.stderr


def test_an_undo_of_one_way_takes_no_mode(warroom: Installation) -> None:
    cordon = ("contain", "node.cordon", "node/node-0")
    digest = warroom.json(*cordon, "--plan")["digest"]
    assert warroom.run(*cordon, "--approve", digest, "--reason", "miner").returncode == 0

    odd = warroom.run("undo", digest, "--mode", "reattach", "--plan")
    back = warroom.json("undo", digest, "--plan")["digest"]

    assert (odd.returncode, "node.uncordon knows one way only" in odd.stderr) == (2, True)
    assert warroom.run("undo", digest, "--approve", back, "--reason", "over").returncode == 0


def ready_pod(controlplane: ControlPlane, namespace: str) -> str:
    """Name of the one pod, once it is ready."""
    controlplane.kubectl("wait", "deployment/web", "-n", namespace, "--for=condition=Available", "--timeout=60s")
    names = controlplane.kubectl("get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}").stdout
    return names.split()[0]


def test_a_reader_that_has_gone_does_not_make_a_refusal_look_effective(warroom: Installation) -> None:
    plan = warroom.json("contain", "node.cordon", "node/node-1", "--plan")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "console", "contain", "node.cordon", "node/node-1", "--approve", plan["digest"]]

    done = subprocess.run(
        [*command, *warroom._extra], env=warroom.environment, stdout=write, stderr=subprocess.PIPE, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    os.close(write)

    assert done.returncode == 5
    assert "READ-ONLY" in done.stderr
    assert "Traceback" not in done.stderr


def test_other_sources_than_the_engines_are_refused(warroom: Installation) -> None:
    warroom.json("contain", "node.cordon", "node/node-1", "--plan")

    other = warroom.run("checklist", "--prometheus", "http://127.0.0.1:9")

    assert other.returncode == 2
    assert "other sources" in other.stderr


def test_a_seat_that_asks_for_another_identity_or_other_namespaces_is_refused(warroom: Installation) -> None:
    warroom.json("contain", "node.cordon", "node/node-1", "--plan")

    asked = ("--as", "bob"), ("--as", "bob", "--as-group", "ops"), ("-n", "default,kube-system")
    for _ in range(2):  # the second time a link leads there
        for words in asked:
            done = warroom.run("checklist", *words)
            assert done.returncode == 2, done.stderr
            assert "uses the context test, acts as that context's own user, watches all namespaces" in done.stderr
            assert f"{words[0]} {words[1]}" in done.stderr
            assert "`warroom stop`" in done.stderr
    same = warroom.run("checklist", "--context", "test")
    looked = warroom.run("status", "--as", "bob")
    stopped = warroom.run("stop", "--as", "bob")

    assert (same.returncode, same.stderr) == (0, "")
    assert looked.returncode == 2
    assert stopped.returncode == 0, stopped.stderr


def test_a_seat_that_asks_for_nothing_is_told_what_the_engine_uses(warroom: Installation) -> None:
    narrow = ("--as", "bob", "--as-group", "system:masters", "-n", "default")
    first = warroom.run("checklist", *narrow)

    joined = warroom.run("checklist")
    agreed = warroom.run("checklist", *narrow)
    other = warroom.run("checklist", *narrow[:-1], "kube-system")

    assert (first.returncode, first.stderr) == (0, "")
    assert joined.returncode == 0
    assert "acts as bob of system:masters (--as), watches only default." in joined.stderr
    assert (agreed.returncode, agreed.stderr) == (0, "")
    assert (other.returncode, "-n kube-system was asked for" in other.stderr) == (2, True)


@pytest.mark.skipif(os.getuid() != 0, reason="gives folders to another user, which only root can")
def test_the_incident_of_another_user_is_joined_and_nothing_is_written_into_his_folder(
    warroom: Installation, tmp_path: Path
) -> None:
    """As for a member of `--group`: an engine of the folder's owner runs, and `warroom` is started by somebody else."""
    warroom.json("contain", "node.cordon", "node/node-1", "--plan")
    (first,) = engines(warroom)
    for path in (warroom.state, *warroom.state.iterdir()):
        os.chown(path, 65534, -1)
    before = sorted(str(path) for path in warroom.state.rglob("*"))
    own = {"XDG_STATE_HOME": str(tmp_path)}

    absent = warroom.run("attach", "--kubeconfig", str(tmp_path / "none"), environment=own)
    plan = warroom.run("contain", "node.cordon", "node/node-1", "--plan", environment=own, sources=False)
    status = warroom.run("status", environment=own, sources=False)

    assert absent.returncode == 2
    assert (plan.returncode, status.returncode) == (0, 0), plan.stderr + status.stderr
    assert engines(warroom) == [first]
    assert [path for path in before if not Path(path).exists()] == []
    assert {path.name for path in (tmp_path / "warroom").iterdir()} == {"engine.log", "links"}
    assert not (warroom.state / "engine.log").stat().st_size


@pytest.mark.skipif(os.getuid() != 0, reason="gives folders to another user, which only root can")
def test_the_incident_of_another_user_without_an_engine_is_left_alone(warroom: Installation, tmp_path: Path) -> None:
    warroom.json("contain", "node.cordon", "node/node-1", "--plan")
    warroom.run("stop")
    for path in (warroom.state, *warroom.state.iterdir()):
        os.chown(path, 65534, -1)

    own = {"XDG_STATE_HOME": str(tmp_path)}
    plan = warroom.run("contain", "node.cordon", "node/node-1", "--plan", environment=own, sources=False)

    assert plan.returncode == 7
    assert "kept by nobody" in plan.stderr
    assert "--group" in plan.stderr
