"""Asks a login plugin, or an OIDC provider, for credentials: in a process of its own, for at most 30 seconds.

The plugin sees a short list of environment variables and no terminal; one that wants a person means LOGIN NEEDED.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from console.cluster.credentials import Credentials
from console.cluster.deadline import Deadline
from console.cluster.gate import Program
from console.cluster.kubeconfig import Chosen
from console.errors import LoginNeeded, Unreachable
from console.ports.clock import Clock

_SECONDS = 30.0
PASSED_ON = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
        *("XDG_CONFIG_HOME", "XDG_CACHE_HOME"),
        *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_STS_REGIONAL_ENDPOINTS"),
        *("CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("AZURE_CONFIG_DIR", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
        *("AZURE_AUTHORITY_HOST", "AAD_LOGIN_METHOD"),
        *("AAD_SERVICE_PRINCIPAL_CLIENT_ID", "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET"),
        *("DIGITALOCEAN_ACCESS_TOKEN", "OCI_CLI_PROFILE", "OCI_CLI_CONFIG_FILE"),
    )
)
"""Variables of the person's own environment that the clouds' tools need."""

TERMINAL_ONLY = (
    "The login plugin {name} wants a person at a terminal each time (interactiveMode: Always), and the engine has none."
    " If it keeps its login in a cache, write IfAvailable in {file}; else use a token or a certificate."
)


class _Answer(msgspec.Struct):
    error: str = ""
    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: str | None = ""


async def ask_program(program: Program, chosen: Chosen, environment: Mapping[str, str], clock: Clock) -> Credentials:
    """What the login plugin gives. Raises `LoginNeeded`."""
    name = program.path.name
    if program.config.get("interactiveMode") == "Always":
        raise LoginNeeded(TERMINAL_ONLY.format(name=name, file=chosen.user.file))
    cluster = {"server": chosen.server, **authority_of(chosen)}
    question = {
        "way": "exec",
        "exec": {**program.config, "command": str(program.path)},
        "folder": environment.get("HOME", "/"),
        "cluster": cluster,
    }
    return _credentials(await _ask(question, environment, clock, f"login plugin {name}"), f"login plugin {name}")


async def ask_provider(chosen: Chosen, environment: Mapping[str, str], clock: Clock) -> Credentials:
    """What the auth-provider of the kubeconfig (OIDC) gives. Raises `LoginNeeded`."""
    question = {"way": "provider", "user": chosen.user.value, "server": chosen.server}
    return _credentials(await _ask(question, environment, clock, "login provider"), "login provider")


def authority_of(chosen: Chosen) -> dict[str, Any]:
    """What a plugin is told of the cluster when it asks for it."""
    names = ("certificate-authority-data", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "extensions")
    return {name: chosen.cluster.value[name] for name in names if name in chosen.cluster.value}


def _credentials(answer: _Answer, who: str) -> Credentials:
    if answer.error:
        raise LoginNeeded(
            f"The {who} failed: {answer.error[:300].rstrip('.')}. Log in with it in a terminal, then retry."
        )
    if not answer.token and not (answer.certificate and answer.key):
        raise LoginNeeded(
            f"The {who} gave neither a token nor a certificate. Log in with it in a terminal, then retry."
        )
    if not answer.token.isprintable():
        raise LoginNeeded(f"The {who} gave a token with control characters. Log in with it in a terminal, then retry.")
    return Credentials(
        answer.token, certificate=answer.certificate.encode(), key=answer.key.encode(), expires=_epoch(answer.expires)
    )


def _epoch(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
    except ValueError:
        return None


async def _ask(question: dict[str, Any], environment: Mapping[str, str], clock: Clock, who: str) -> _Answer:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "console.cluster.plugin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in environment.items() if name in PASSED_ON},
        start_new_session=True,
    )
    try:
        async with Deadline(clock, _SECONDS, who):
            output, _ = await process.communicate(msgspec.json.encode(question))
        return msgspec.json.decode(output, type=_Answer)
    except Unreachable as error:
        raise LoginNeeded(
            f"The {who} did not answer within {_SECONDS:.0f} s; it may want a person. Log in with it in a terminal."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LoginNeeded(f"The {who} ended without an answer. Log in with it in a terminal, then retry.") from error
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends the process and all it has started: a plugin's children too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # all gone already
    await process.wait()
