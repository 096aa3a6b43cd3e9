"""A server with as much of Alertmanager's API v2 as silences need, for faults no real one can be asked to have.

What it answers without a fault is held against a real server by `tests/contracts/silences`.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FAULTS = ("refused", "redirected", "garbage", "broken", "cut", "cut after", "slow")


class ScriptedAlertmanager:
    """Alerts and silences in memory. `fault` is what happens to every request while it is set."""

    def __init__(self) -> None:
        self.url = ""
        self.fault = ""
        self.alerts: list[dict[str, Any]] = []
        self.silences: dict[str, dict[str, Any]] = {}
        self.arrived: list[str] = []

    def post(self, *alerts: dict[str, Any]) -> None:
        """They fire from now on."""
        for one in alerts:
            labels = one["labels"]
            fingerprint = f"{hash(tuple(sorted(labels.items()))) & 0xFFFFFFFFFFFFFFFF:016x}"
            self.alerts.append({"labels": labels, "annotations": {}, "fingerprint": fingerprint,
                                "startsAt": "2026-11-23T07:01:00.936Z"})  # fmt: skip

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, object]:
        """Status and JSON of one request."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/api/v2/alerts":
            return 200, [self._listed(one) for one in self.alerts if _wanted(one, query.get("filter", []))]
        if path == "/api/v2/silences" and method == "GET":
            return 200, list(self.silences.values())
        if path == "/api/v2/silences":
            return self._make(json.loads(body))
        known = self.silences.get(path.removeprefix("/api/v2/silence/"))
        if known is None:
            return 404, None
        if method == "DELETE":
            known["status"]["state"] = "expired"
            return 200, None
        return 200, known

    def _make(self, said: dict[str, Any]) -> tuple[int, object]:
        if not said.get("matchers"):
            return 422, {"code": 612, "message": "matchers in body should have at least 1 items"}
        id_ = str(uuid.uuid4())
        self.silences[id_] = {**said, "id": id_, "status": {"state": "active"}, "updatedAt": said["startsAt"]}
        return 200, {"silenceID": id_}

    def _listed(self, one: dict[str, Any]) -> dict[str, Any]:
        by = [
            silence["id"]
            for silence in self.silences.values()
            if silence["status"]["state"] == "active"
            and all(one["labels"].get(m["name"], "") == m["value"] for m in silence["matchers"])
        ]
        status = {"state": "suppressed" if by else "active", "silencedBy": by, "inhibitedBy": []}
        return {**one, "status": status}


def _wanted(one: dict[str, Any], filters: list[str]) -> bool:
    """Equality only, which is all that is asked."""
    wanted = (text.partition("=") for text in filters)
    return all(one["labels"].get(name, "") == json.loads(value) for name, _, value in wanted)


@contextlib.contextmanager
def running() -> Iterator[ScriptedAlertmanager]:
    """A server on loopback; ends with the block."""
    script = ScriptedAlertmanager()

    class Handler(BaseHTTPRequestHandler):
        def _all(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.arrived.append(f"{self.command} {self.path}")
            if script.fault == "cut":
                self.connection.close()
                return
            status, said = script.answer(self.command, self.path, body)
            faults = {"refused": (401, "Unauthorized"), "redirected": (302, ""), "broken": (503, "no leader")}
            status, said = faults.get(script.fault, (status, said))
            if script.fault == "cut after":
                self.connection.close()
                return
            if script.fault == "slow":
                time.sleep(0.6)
            with contextlib.suppress(OSError):
                self._write(status, b"{" if script.fault == "garbage" else json.dumps(said).encode())

        def _write(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Location", "http://elsewhere.example/")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _all  # noqa: N815 - as http.server wants them

        def log_message(self, form: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
