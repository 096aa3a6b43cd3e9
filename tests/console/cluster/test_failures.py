"""Failures of the API server in words: each a sentence, each with what to do next."""

from __future__ import annotations

import re

import msgspec
import pytest
from aiohttp import ClientConnectorError, ServerDisconnectedError
from aiohttp.client_reqrep import ConnectionKey

from console.cluster.failures import explain, status_error
from console.ports.cluster import Reply

KEY = ConnectionKey("127.0.0.1", 1, True, True, None, None, None)


@pytest.mark.parametrize(
    "error",
    [
        ClientConnectorError(KEY, ConnectionRefusedError(111, "Connection refused")),
        ClientConnectorError(KEY, OSError(113, "No route to host")),
        ServerDisconnectedError(),
        TimeoutError(),
        ValueError("odd"),
    ],
)
def test_a_connection_that_fails_is_one_sentence(error: Exception) -> None:
    said = str(explain(error, "https://127.0.0.1:1"))
    assert re.search(r"[^.?!][.?]$", said), said


@pytest.mark.parametrize(
    ("code", "step"), [(429, "overloaded: wait a moment, then try again"), (500, "Look at its log"), (503, "try again")]
)
def test_an_overloaded_or_broken_server_names_the_next_step(code: int, step: str) -> None:
    body = msgspec.json.encode({"kind": "Status", "message": "it went wrong.", "reason": "x"})
    error = status_error(Reply(code, body), "list pods")
    assert f"answered {code} to list pods: it went wrong. " in str(error)
    assert step in str(error)
    assert str(error).endswith(".")
    assert error.code == code


def test_what_is_forbidden_is_said_in_the_servers_words_alone() -> None:
    body = msgspec.json.encode({"kind": "Status", "message": "pods is forbidden", "reason": "Forbidden"})
    assert str(status_error(Reply(403, body), "list pods")).endswith("to list pods: pods is forbidden.")
