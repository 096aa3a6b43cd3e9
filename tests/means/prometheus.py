"""A real Prometheus for tests: the Debian packages unpacked into the cache, started on loopback with a given history.

In: samples as OpenMetrics text (`promtool` makes blocks of them, so a day of history needs no waiting). Out: a URL.
Nothing is installed on the host, and the package lists are our own, so this works without root.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.means.cache import Missing, cache_folder, give_up, one_at_a_time

PACKAGES = ("prometheus", "prometheus-alertmanager")
SEPARATE = ("promtool",)
"""A package of its own in newer Debian releases, part of `prometheus` in older ones."""

HOW = "On Debian or Ubuntu run make test with network access, or put prometheus and promtool on PATH"


@dataclass(frozen=True)
class Programs:
    """Where the programs are."""

    prometheus: Path
    promtool: Path
    alertmanager: Path | None


@dataclass(frozen=True)
class Prometheus:
    """A running server."""

    url: str
    folder: Path


def provide_programs() -> Programs:
    """The programs: those on PATH, else unpacked packages.

    Raises:
        Missing: neither is to be had here.
    """
    if found := _on_path() or _unpacked():
        return found
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Missing("not on PATH, and no apt-get and dpkg-deb to fetch it with", HOW)
    with one_at_a_time("prometheus"):
        return _unpacked() or _fetch()


def _on_path() -> Programs | None:
    server, tool = shutil.which("prometheus"), shutil.which("promtool")
    if server is None or tool is None:
        return None
    alertmanager = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    return Programs(Path(server), Path(tool), Path(alertmanager) if alertmanager else None)


def _unpacked() -> Programs | None:
    folder = cache_folder() / "prometheus" / "usr" / "bin"
    programs = Programs(folder / "prometheus", folder / "promtool", folder / "prometheus-alertmanager")
    return programs if programs.prometheus.is_file() and programs.promtool.is_file() else None


def _fetch() -> Programs:
    target = cache_folder() / "prometheus"
    print("fetching Prometheus, once", flush=True)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as name:
        folder = Path(name)
        # Lists of our own: the host's may be missing, stale, or not ours to refresh.
        options = [
            f"-oDir::State::Lists={folder / 'lists'}",
            f"-oDir::Cache={folder / 'cache'}",
            "-oAPT::Sandbox::User=root",
        ]
        for part in ("lists/partial", "cache/archives/partial", "unpacked"):
            (folder / part).mkdir(parents=True)
        _run(["apt-get", *options, "-qq", "update"], folder)
        _run(["apt-get", *options, "-qq", "download", *PACKAGES], folder)
        with contextlib.suppress(Missing):
            _run(["apt-get", *options, "-qq", "download", *SEPARATE], folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "-x", str(package), str(folder / "unpacked")], folder)
        shutil.rmtree(target, ignore_errors=True)
        (folder / "unpacked").rename(target)
    programs = _unpacked()
    if programs is None:
        raise Missing("the packages hold no prometheus and promtool", HOW)
    return programs


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Missing(f"{Path(command[0]).name} {command[-1]} failed: {said[-1] if said else done.returncode}", HOW)


@contextlib.contextmanager
def running(openmetrics: str = "", config: str = "global: {scrape_interval: 1s}\n") -> Iterator[Prometheus]:
    """A server that has this history; ends with the block.

    Args:
        openmetrics: samples with times in seconds, e.g. `up{job="x"} 1 1700000000`; `# EOF` is added if it lacks.
        config: the server's configuration file, for tests that scrape or alert.
    """
    programs = provide_programs()
    with tempfile.TemporaryDirectory(prefix="warroom-prometheus-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(config)
        if openmetrics:
            _backfill(programs, folder, openmetrics)
        port = _free_port()
        command = [
            str(programs.prometheus),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
        ):
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_ready(url, process, folder / "log")
                yield Prometheus(url, folder)
            finally:
                process.kill()


def _backfill(programs: Programs, folder: Path, openmetrics: str) -> None:
    text = openmetrics if openmetrics.rstrip().endswith("# EOF") else openmetrics.rstrip() + "\n# EOF\n"
    (folder / "history.om").write_text(text)
    command = [str(programs.promtool), "tsdb", "create-blocks-from", "openmetrics", "history.om", "data"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"promtool refuses this history: {done.stderr.strip()[-400:]}")


def _wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"Prometheus is not ready; its log ends: {log.read_text(errors='replace')[-400:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


StartPrometheus = Callable[[str], Prometheus]


@pytest.fixture(scope="session")
def prometheus_programs() -> Programs:
    """The programs, or the end of the test that needs them."""
    try:
        return provide_programs()
    except Missing as missing:
        give_up("Prometheus", missing)


@pytest.fixture(scope="session")
def prometheus(prometheus_programs: Programs) -> Iterator[Prometheus]:
    """A server without any history, for tests of connection, absence and errors."""
    with running() as server:
        yield server


@pytest.fixture
def start_prometheus(prometheus_programs: Programs) -> Iterator[StartPrometheus]:
    """Starts servers with the given history, which end with the test."""
    with contextlib.ExitStack() as servers:
        yield lambda openmetrics: servers.enter_context(running(openmetrics))
