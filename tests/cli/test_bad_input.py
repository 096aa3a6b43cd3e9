"""Everything that can be wrong before and while a command runs: a sentence with the next step, the right exit code."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from tests.cli.scripted import Config, answering, kubeconfig, status, trusting
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually
from tests.engine.running import Installation
from tests.engine.test_first_light import approved, break_in

CORDON = ("contain", "node.cordon", "node/node-1", "--plan")
Install = Callable[[Path], Installation]


@pytest.fixture
def install() -> Iterator[Install]:
    """Makes an installation over a kubeconfig; its engine ends with the test."""
    made: list[Installation] = []

    def over(path: Path) -> Installation:
        made.append(Installation(path))
        return made[-1]

    yield over
    for one in made:
        one.stop()
        shutil.rmtree(one.state, ignore_errors=True)


def complaint(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What it said on standard error: one line that ends as a sentence, no traceback, nothing to parse on stdout."""
    lines = done.stderr.strip().splitlines()
    assert done.returncode == code, done.stdout + done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("warroom: ")
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"[^.?!][.?!…]$", lines[0]), f"not one sentence: {lines[0]}"
    return lines[0]


# The kubeconfig


def test_a_kubeconfig_that_is_not_there(install: Install, tmp_path: Path) -> None:
    said = complaint(install(tmp_path / "absent").run(*CORDON), 2)
    assert str(tmp_path / "absent") in said
    assert "--kubeconfig" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("clusters: [", "line 2"),
        ("a: 1", ""),
        ("\x00\x01", ""),
        ("- a", ""),
        ("[" * 100_000, "line 1"),
    ],
    ids=["empty", "torn", "no kubeconfig", "bytes", "a list", "brackets"],
)
def test_a_kubeconfig_that_is_none(install: Install, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    path.chmod(0o600)
    said = complaint(install(path).run(*CORDON), 2)
    assert str(path) in said
    assert words in said


def test_a_folder_as_kubeconfig(install: Install, tmp_path: Path) -> None:
    assert str(tmp_path) in complaint(install(tmp_path).run(*CORDON), 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--prometheus", "prometheus:9090"), "http://HOST:9090"),
        (("--prometheus", "ftp://host"), "http://HOST:9090"),
        (("--prometheus", "http://"), "http://HOST:9090"),
        (("--audit-webhook", "nonsense"), "HOST:PORT"),
        (("--audit-webhook", "0.0.0.0:19999"), "needs TLS"),
        (("--since", "yesterday"), "2h"),
    ],
)
def test_a_source_that_cannot_be_one(warroom: Installation, words: tuple[str, ...], said: str) -> None:
    """Said before the engine runs: found out later it would be one more source that is silent."""
    assert said in complaint(warroom.run(*CORDON, *words), 2)
    eventually(lambda: warroom.engine() is None)
    assert list(warroom.state.glob("inc-*/journal.db")) == []


def test_a_context_that_is_not_in_it(warroom: Installation) -> None:
    said = complaint(warroom.run(*CORDON, "--context", "nowhere"), 2)
    assert "'nowhere'" in said
    assert "Known contexts: test" in said


# The API server


def test_an_api_server_that_is_down(install: Install, controlplane: ControlPlane, tmp_path: Path) -> None:
    def down(config: Config) -> None:
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"

    one = install(kubeconfig(controlplane, tmp_path, down))
    assert "refuses the connection" in complaint(one.run(*CORDON), 7)
    assert one.run("status").returncode == 0, "the engine waits for the server, and says so"


def test_a_server_of_another_authority(install: Install, controlplane: ControlPlane, tmp_path: Path) -> None:
    other = trustme.CA()
    one = install(kubeconfig(controlplane, tmp_path, lambda config: trusting(config, other)))
    assert "another authority" in complaint(one.run(*CORDON), 7)


def test_a_server_certificate_that_has_expired(install: Install, controlplane: ControlPlane, tmp_path: Path) -> None:
    authority = trustme.CA()
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    with answering(200, b"{}", authority, authority.issue_cert("127.0.0.1", not_after=past)) as server:
        one = install(kubeconfig(controlplane, tmp_path, lambda config: trusting(config, authority, server)))
        assert "expired" in complaint(one.run(*CORDON), 7)


def test_a_client_certificate_that_has_expired(install: Install, controlplane: ControlPlane, tmp_path: Path) -> None:
    authority = trustme.CA()
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    leaf = authority.issue_cert("admin", not_after=past)
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    (tmp_path / "key.pem").chmod(0o600)

    def expire(config: Config) -> None:
        files = {"client-certificate": str(tmp_path / "cert.pem"), "client-key": str(tmp_path / "key.pem")}
        config["users"][0]["user"] = files

    done = install(kubeconfig(controlplane, tmp_path, expire)).run(*CORDON)
    assert "expired" in complaint(done, done.returncode)
    assert done.returncode in (2, 7)


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "words"),
    [
        (401, "Unauthorized", 7, "Log in again"),
        (403, "Forbidden", 5, "403"),
        (429, "TooManyRequests", 7, "429"),
        (500, "InternalError", 7, "500"),
    ],
)
def test_a_server_that_says_no(
    install: Install, controlplane: ControlPlane, tmp_path: Path, code: int, reason: str, exit_code: int, words: str
) -> None:
    authority = trustme.CA()
    with answering(code, status(code, reason), authority) as server:
        one = install(kubeconfig(controlplane, tmp_path, lambda config: trusting(config, authority, server)))
        assert words in complaint(one.run(*CORDON), exit_code)


@pytest.mark.parametrize("body", [b"<html>log in to the network</html>", b"{}", b'{"kind": "Node"}', b"{"])
def test_a_server_that_is_no_api_server(
    install: Install, controlplane: ControlPlane, tmp_path: Path, body: bytes
) -> None:
    authority = trustme.CA()
    with answering(200, body, authority) as server:
        one = install(kubeconfig(controlplane, tmp_path, lambda config: trusting(config, authority, server)))
        complaint(one.run(*CORDON), 7)


# Actions and targets


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pod.vaporize pod/x -n default", "Did you mean"),
        ("pod.delete nonsense", "kind/name"),
        ("pod.delete unicorn/x -n default", "is no kind"),
        ("pod.delete pod/x", "add -n NAMESPACE"),
        ("pod.delete pod/shop/x -n default", "names the namespace shop and -n names default"),
        ("node.cordon node/node-1 --param x", "NAME=VALUE"),
        ("node.cordon node/node-1 --param x=1", "no parameter 'x'"),
        ("node.cordon serviceaccount/default -n default", "Node"),
    ],
)
def test_a_command_that_cannot_be_meant(warroom: Installation, command: str, words: str) -> None:
    assert words in complaint(warroom.run("contain", *command.split(), "--plan"), 2)


def test_a_target_that_does_not_exist(warroom: Installation, namespace: str) -> None:
    said = complaint(warroom.run("contain", "pod.delete", "pod/ghost", "-n", namespace, "--plan"), 5)
    assert f"no Pod ghost in namespace {namespace}" in said


def test_a_plan_nobody_made(warroom: Installation) -> None:
    command = ("contain", "node.cordon", "node/node-1", "--approve", "feedfeed", "--reason", "x")
    assert "plan it again" in complaint(warroom.run(*command), 2)
    assert "plan it again" in complaint(warroom.run("undo", "feedfeed", "--plan"), 2)


def test_a_target_made_anew_since_the_plan_is_left_alone(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    pod = ("-n", namespace, "run", "web", "--image=registry.example/web:1", "--restart=Never")
    controlplane.kubectl(*pod)
    controlplane.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", "--timeout=30s")
    approved(warroom, "contain", "evidence.pod", "pod/web", "-n", namespace)
    delete = ("contain", "pod.delete", "pod/web", "-n", namespace)
    digest = warroom.json(*delete, "--plan")["digest"]
    controlplane.kubectl("-n", namespace, "delete", "pod", "web", "--grace-period=0", "--force")
    controlplane.kubectl(*pod)
    before = controlplane.get("pod", "web", namespace)["metadata"]["uid"]

    done = warroom.run(*delete, "--approve", digest, "--reason", "a miner", "--break-glass", "alone")

    assert done.returncode == 5, done.stdout + done.stderr
    assert "created again" in done.stdout + done.stderr
    assert controlplane.get("pod", "web", namespace)["metadata"]["uid"] == before


def test_glass_is_broken_with_a_reason_on_record_and_never_without(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    """As the contract writes it: `--approve DIGEST --reason TEXT --break-glass`."""
    controlplane.kubectl("-n", namespace, "run", "web", "--image=registry.example/web:1", "--restart=Never")
    controlplane.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", "--timeout=30s")
    delete = ("contain", "pod.delete", "pod/web", "-n", namespace)
    digest = warroom.json(*delete, "--plan")["digest"]

    assert "--reason TEXT" in complaint(warroom.run(*delete, "--approve", digest, "--break-glass"), 2)
    assert "--break-glass" in complaint(warroom.run(*delete, "--approve", digest, "--reason", "a miner"), 5)
    assert controlplane.get("pod", "web", namespace)["metadata"]["uid"]
    done = warroom.run(*delete, "--approve", digest, "--reason", "a miner, alone", "--break-glass", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    (approved,) = [line for line in warroom.run("journal", "export").stdout.splitlines() if '"break_glass"' in line]
    assert json.loads(approved)["record"]["break_glass"] == "a miner, alone"


def test_a_protected_target_wants_its_name_typed(warroom: Installation, controlplane: ControlPlane) -> None:
    controlplane.kubectl("-n", "kube-system", "create", "deployment", "coredns", "--image=registry.example/dns:1")
    try:
        stop = ("contain", "workload.suspend", "deployment/coredns", "-n", "kube-system")
        plan = warroom.run(*stop, "--plan")
        assert "PROTECTED" in plan.stdout or plan.returncode == 5, plan.stdout + plan.stderr
        if plan.returncode == 0:
            digest = plan.stdout.splitlines()[-1].split()[1]
            complaint(warroom.run(*stop, "--approve", digest, "--reason", "x", "--break-glass", "x"), 5)
        assert controlplane.get("deployment", "coredns", "kube-system")["spec"]["replicas"] == 1
    finally:
        controlplane.kubectl("-n", "kube-system", "delete", "deployment", "coredns")


# The record


def test_a_second_engine_of_the_same_incident_says_that_there_is_one(warroom: Installation) -> None:
    warroom.run(*CORDON)
    first = warroom.engine()
    command = [sys.executable, "-m", "console", "engine"]
    done = subprocess.run(command, env=warroom.environment, capture_output=True, text=True, timeout=60)
    said = complaint(done, 1)
    assert "already" in said
    assert "warroom stop" in said
    assert warroom.engine() == first


def journal(warroom: Installation) -> Path:
    (found,) = warroom.state.glob("inc-*/journal.db")
    return found


def with_a_record(warroom: Installation, controlplane: ControlPlane, namespace: str) -> None:
    """An incident with a plan in it, whose engine has ended."""
    break_in(controlplane, namespace)
    warroom.run(*CORDON)
    assert warroom.run("stop").returncode == 0
    warroom.stop()


def changed(path: Path, *statements: str) -> list[tuple[int, bytes]]:
    """What somebody did to a journal with a tool of their own; gives the entries as they are then."""
    with closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()
        return list(base.execute("SELECT seq, body FROM entries ORDER BY seq"))


def test_a_journal_of_a_newer_version_is_left_alone(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    with_a_record(warroom, controlplane, namespace)
    before = changed(journal(warroom), "PRAGMA user_version = 99")
    for command, code in ((CORDON, 7), (("journal", "show"), 1), (("journal", "verify"), 1)):
        assert "newer" in complaint(warroom.run(*command), code)
    assert changed(journal(warroom)) == before


def test_a_tampered_journal_is_told_wherever_the_incident_is_looked_at(
    warroom: Installation, controlplane: ControlPlane, namespace: str
) -> None:
    """Work goes on, aloud: whoever tampers with the record must not be able to lock the responders out."""
    with_a_record(warroom, controlplane, namespace)
    body = "CAST(replace(CAST(body AS TEXT), 'https://', 'http://') AS BLOB)"
    entries = changed(journal(warroom), f"UPDATE entries SET body = {body} WHERE seq = 1")
    assert b"http://" in entries[0][1], "nothing was tampered with"
    assert "not intact" in complaint(warroom.run("journal", "verify"), 1)
    warroom.run(*CORDON)
    eventually(lambda: "chain BROKEN" in warroom.run("status").stdout, timeout=20, every=0.5)
    assert changed(journal(warroom))[0] == entries[0]


@pytest.mark.parametrize("place", ["a file", "a folder nobody can make"])
def test_a_state_folder_that_cannot_be_written(warroom: Installation, tmp_path: Path, place: str) -> None:
    """Root may write where the mode says no, so what is tried here is what stops root too."""
    if place == "a file":
        folder = tmp_path / "file"
        folder.write_text("")
    else:
        folder = Path("/proc/warroom")
    done = warroom.run(*CORDON, environment={"WARROOM_STATE": str(folder)})
    said = complaint(done, done.returncode)
    assert done.returncode in (2, 7)
    assert str(folder) in said
    assert "--state" in said
