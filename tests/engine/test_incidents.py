"""Which incident a command means while several engines run: by its kubeconfig, by name, or by asking."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
import yaml

from console.bootstrap.starting import spawn
from console.config.options import Options
from console.ports.session import PROTOCOL, Declare, Hello
from console.ports.views import Done
from console.wire.client import SocketSession
from tests.terminal import Terminal


class Host:
    """A state folder and kubeconfigs; engines over them, and commands as typed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wr-"))
        self.state = self.folder / "s"
        self.environment = {"WARROOM_STATE": str(self.state), "KUBECONFIG": str(self.folder / "absent")}

    def kubeconfig(self, name: str, port: int) -> Path:
        """One of a cluster that does not answer."""
        config = {
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": {"server": f"https://127.0.0.1:{port}"}}],
            "users": [{"name": name, "user": {"token": "x"}}],
        }
        path = self.folder / name
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        self.environment["KUBECONFIG"] = str(path)
        return path

    def drill(self, seed: int) -> str:
        """Start a drill's engine; gives its incident."""
        return self.start(Options(drill="shop", seed=seed))

    def start(self, options: Options) -> str:
        async def go() -> Path:
            return await spawn(msgspec.structs.replace(options, state=str(self.state))).wait()

        return asyncio.run(go()).parent.name

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "console", *words], env=os.environ | self.environment, capture_output=True,
            text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def typed(self, *words: str) -> Terminal:
        """A command at a terminal."""
        return Terminal([sys.executable, "-m", "console", *words], 120, 40, self.environment)

    def engines(self) -> list[psutil.Process]:
        lines = ((process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
        return [process for process, line in lines if "engine" in line and any(str(self.state) in one for one in line)]

    def runs(self, incident: str) -> bool:
        return (self.state / incident / "engine.sock").exists()


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host()
    yield one
    for process in one.engines():
        process.kill()
    shutil.rmtree(one.folder, ignore_errors=True)


def test_without_a_kubeconfig_a_script_is_told_what_runs_and_which_option_chooses(host: Host) -> None:
    first, second = host.drill(1), host.drill(2)

    for words in (("status",), ("stop",), ("journal", "show")):
        done = host.run(*words)
        assert done.returncode == 2, done.stdout
        assert "Choose one of these with --incident NAME" in done.stderr
        listed = sorted(line.split()[:3] for line in done.stderr.splitlines() if "DRILL" in line)
        assert listed == [[first, "undeclared", "DRILL"], [second, "undeclared", "DRILL"]]
    listed = json.loads(host.run("status", "--json").stdout)["choose"]

    assert [(one["incident"], one["drill"], one["running"]) for one in listed] == [
        (first, True, True), (second, True, True),
    ]  # fmt: skip
    assert host.runs(first)
    assert host.runs(second)


def test_the_named_incident_is_looked_at_acted_in_and_ended_and_no_other(host: Host) -> None:
    first, second = host.drill(1), host.drill(2)

    status = host.run("status", "--incident", second)
    plan = host.run("contain", "node.cordon", "node/node-1", "--plan", "--incident", second)
    stopped = host.run("--incident", second, "stop")
    again = host.run("status", "--incident", second)
    record = host.run("journal", "verify", "--incident", second)
    only = host.run("status")
    careful = host.run("stop")

    assert status.returncode == 0, status.stderr
    assert plan.returncode == 0, plan.stderr
    assert "cluster drill" in plan.stdout
    assert (stopped.returncode, host.runs(first), host.runs(second)) == (0, True, False), stopped.stderr
    assert again.returncode == 1
    assert "No engine runs for the incident" in again.stderr
    assert record.returncode == 0, record.stderr
    assert only.returncode == 0, "the only one that runs"
    assert (careful.returncode, host.runs(first)) == (2, True), "nothing is ended because it is the only one"


def test_an_incident_is_found_by_the_name_it_was_declared_with(host: Host) -> None:
    first, second = host.drill(1), host.drill(2)

    async def declare(incident: str) -> None:
        session = await SocketSession.connect(host.state / incident / "engine.sock")
        await session.open(Hello(PROTOCOL, "test", "ana", screen=False))
        assert isinstance(await session.ask(Declare("Quiet Night", "practice")), Done)
        await session.close()

    asyncio.run(declare(second))
    found = host.run("status", "--incident", "quiet night")
    unknown = host.run("status", "--incident", "loud night")
    asyncio.run(declare(first))
    both = host.run("status", "--incident", "Quiet Night")

    assert (found.returncode, found.stdout.split("  ")[0]) == (0, "Quiet Night"), found.stderr
    assert unknown.returncode == 2
    assert first in unknown.stderr
    assert both.returncode == 2
    assert first in both.stderr
    assert second in both.stderr


def test_an_incident_that_was_named_is_never_started(host: Host) -> None:
    host.kubeconfig("prod", 1)

    for words in (("checklist",), ("contain", "node.cordon", "node/x", "--plan"), ("status",), ("engine",)):
        done = host.run(*words, "--incident", "inc-0")
        assert done.returncode == 2
        assert "inc-0" in done.stderr or words == ("engine",)
    assert host.engines() == []


def test_a_person_is_asked_and_a_number_chooses(host: Host) -> None:
    first, second = host.drill(1), host.drill(2)

    with host.typed("status") as seat:
        seat.wait_for(rf"1  {first}  undeclared  DRILL  since \d{{4}}")
        seat.wait_for(rf"2  {second}  undeclared  DRILL")
        seat.send("2\r")
        assert seat.wait_end() == 0
    with host.typed("stop") as seat:
        seat.wait_for("type a number")
        seat.send("7\r")
        assert seat.wait_end() == 2
        seat.wait_for("Nothing was chosen, nothing was done")
    assert (host.runs(first), host.runs(second)) == (True, True)
    with host.typed("stop") as seat:
        seat.wait_for("type a number")
        seat.send("1\r")
        assert seat.wait_end(30) == 0
    assert (host.runs(first), host.runs(second)) == (False, True)


def test_attach_takes_a_seat_at_the_one_that_was_chosen_and_starts_none(host: Host) -> None:
    with host.typed("attach") as seat:
        assert seat.wait_end() == 1
        seat.wait_for("No engine is running")
    first, second = host.drill(1), host.drill(2)
    with host.typed("attach") as seat:
        seat.wait_for("type a number")
        seat.send("2\r")
        seat.wait_for("1 Suspicious activity")
        seat.send("q")
        assert seat.wait_end() == 0
    with host.typed("attach", "--incident", first) as seat:
        seat.wait_for("1 Suspicious activity")
    joined = {
        name: "seat.joined" in host.run("journal", "export", "--incident", name).stdout for name in (first, second)
    }
    assert joined == {first: True, second: True}
    assert len(host.engines()) == 2


def test_the_kubeconfigs_own_engine_is_the_one_that_is_meant(host: Host) -> None:
    path = host.kubeconfig("prod", 1)
    own = host.start(Options(kubeconfig=str(path)))
    drill = host.drill(1)

    assert "prod https://127.0.0.1:1" in host.run("status").stdout
    path.write_text(path.read_text() + "# a token was renewed\n")
    assert "prod https://127.0.0.1:1" in host.run("status").stdout, "the cluster is still the same"
    with host.typed("status") as seat:
        seat.wait_for(rf"{own}  undeclared  prod https://127.0.0.1:1  since .*\(this kubeconfig's cluster\)")
        seat.send("\r")
        assert seat.wait_end() == 0
    with host.typed("status", "--kubeconfig", str(path)) as seat:
        assert seat.wait_end() == 0
        assert "type a number" not in seat.text()

    host.kubeconfig("other", 2)
    other = host.run("status")
    assert other.returncode == 1
    assert "No engine is running for this cluster" in other.stderr
    assert own in other.stderr
    assert drill in other.stderr
    assert "--incident" in other.stderr
    missing = host.run("status", "--kubeconfig", str(host.folder / "typo"))
    assert missing.returncode == 2
    assert "typo" in missing.stderr


def test_records_of_engines_that_ended_can_be_chosen_too(host: Host) -> None:
    first, second = host.drill(1), host.drill(2)
    host.run("stop", "--incident", first)
    host.run("stop", "--incident", second)

    unclear = host.run("journal", "show")
    read = host.run("journal", "show", "--incident", first)

    assert unclear.returncode == 2
    assert unclear.stderr.count("no engine runs") == 2
    assert read.returncode == 0, read.stderr
    assert "record opened on drill" in read.stdout
