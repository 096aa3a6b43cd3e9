"""A real Alertmanager for tests, started on loopback; alerts are posted to it as Prometheus and Falcosidekick do.

In: a configuration. Out: a URL, and ways to make it fire and be silent. Debian's build reads its templates from where
the package puts them, even where only unpacked: then a copy of the program is started that looks beside itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.running import free_ports
from tests.means.cache import Missing, give_up
from tests.means.prometheus import provide_programs

TEMPLATES = b"/usr/share/prometheus/alertmanager"
QUIET = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@dataclass(frozen=True)
class Alertmanager:
    """A running server."""

    url: str
    folder: Path

    def post(self, *alerts: dict[str, Any]) -> None:
        """Alerts as clients post them: `labels`, and perhaps `annotations`, `startsAt`, `endsAt`."""
        self.call("POST", "/api/v2/alerts", list(alerts))

    def silence(self, **labels: str) -> str:
        """Silence alerts with these labels for an hour; answers the silence's id."""
        matchers = [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()]
        start = datetime.now(UTC)
        body = {
            "matchers": matchers, "startsAt": start.isoformat(), "endsAt": (start + timedelta(hours=1)).isoformat(),
            "createdBy": "test", "comment": "test",
        }  # fmt: skip
        return str(self.call("POST", "/api/v2/silences", body)["silenceID"])

    def unsilence(self, silence: str) -> None:
        """End a silence."""
        self.call("DELETE", f"/api/v2/silence/{silence}")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request to its API."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, head, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
        return json.loads(said) if said.strip() else None


def provide_alertmanager() -> Path:
    """A program that runs here.

    Raises:
        Missing: there is none.
    """
    program = provide_programs().alertmanager
    if program is None or not program.is_file():
        raise Missing("Prometheus is on PATH without it", "Put prometheus-alertmanager on PATH too")
    beside = program.parents[1] / "share" / "prometheus" / "alertmanager"
    if Path(TEMPLATES.decode()).is_dir() or not beside.is_dir():
        return program
    copy = program.with_name("alertmanager-beside-templates")
    if not copy.is_file():
        here = b"." + b"templates".rjust(len(TEMPLATES) - 1, b"/")  # as long as the path it stands for
        unfinished = copy.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(program.read_bytes().replace(TEMPLATES, here))
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy


@contextlib.contextmanager
def running(config: str = QUIET, web: str = "", path: str = "") -> Iterator[Alertmanager]:
    """A server of this configuration; ends with the block.

    Args:
        web: content of its `--web.config.file`, for TLS and passwords.
        path: prefix of its addresses.
    """
    program = provide_alertmanager()
    with tempfile.TemporaryDirectory(prefix="warroom-alertmanager-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_ports(1)
        (folder / "alertmanager.yml").write_text(config)
        (folder / "web.yml").write_text(web or "{}")
        beside = program.parents[1] / "share" / "prometheus" / "alertmanager"
        (folder / "templates").symlink_to(beside)
        command = [
            str(program),
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--web.config.file={folder / 'web.yml'}",
            f"--web.route-prefix=/{path.strip('/')}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
        ):
            try:
                url = f"http://127.0.0.1:{port}{path.rstrip('/')}"
                _wait_ready(url, process, folder / "log")
                yield Alertmanager(url, folder)
            finally:
                process.kill()


def _wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 401:  # it asks for a password, so it is there
                return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"Alertmanager is not ready; its log ends: {log.read_text(errors='replace')[-400:]}")


StartAlertmanager = Callable[..., Alertmanager]


@pytest.fixture(scope="session")
def alertmanager_program() -> Path:
    """The program, or the end of the test that needs it."""
    try:
        return provide_alertmanager()
    except Missing as missing:
        give_up("Alertmanager", missing)


@pytest.fixture
def start_alertmanager(alertmanager_program: Path) -> Iterator[StartAlertmanager]:
    """Starts servers as `running` does, which end with the test."""
    with contextlib.ExitStack() as servers:
        yield lambda *args, **named: servers.enter_context(running(*args, **named))


@pytest.fixture
def alertmanager(start_alertmanager: StartAlertmanager) -> Alertmanager:
    """A server that sends nothing to anybody."""
    return start_alertmanager()
