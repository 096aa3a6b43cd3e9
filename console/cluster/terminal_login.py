"""Runs a login plugin where a person can answer it: at their terminal, with the same gate before it as in the engine.

In: a context. Out: whether the plugin was content. Its standard output holds a credential: it is looked at, never shown
and never kept; the plugin caches what the engine needs, and the engine asks for it by itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any

import msgspec

from console.cluster.asking_plugin import PASSED_ON, TERMINAL_ONLY, authority_of
from console.cluster.connecting import allowed
from console.cluster.gate import Program
from console.cluster.incluster import in_pod
from console.cluster.kubeconfig import Chosen
from console.cluster.options import ConnectOptions
from console.errors import LoginNeeded

PATIENCE = 15 * 60.0
"""Seconds a person may take."""
_LONGEST = 1 << 20
_AT_A_TERMINAL = (
    *("TERM", "COLORTERM", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "BROWSER", "GPG_TTY", "SSH_AUTH_SOCK"),
    *("SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"),
)
"""Variables by which a plugin finds the person: terminal, browser, agent."""


class _Status(msgspec.Struct):
    token: str = ""
    clientCertificateData: str = ""  # noqa: N815 - the API's own spelling


class _Credential(msgspec.Struct):
    status: _Status | None = None


def plugin_of(options: ConnectOptions, context: str) -> tuple[Chosen, Program] | None:
    """The plugin of a context, if the gate lets it run and it can help. Raises as `TerminalLogin.plugin` does."""
    if in_pod(options):
        return None
    chosen, judgement = allowed(options, options.context or context)
    program = judgement.program
    mode = program.config.get("interactiveMode") if program else ""
    if program is None or mode == "Never":
        return None
    if mode == "Always":
        raise LoginNeeded(TERMINAL_ONLY.format(name=program.path.name, file=chosen.user.file))
    return chosen, program


def run_plugin(chosen: Chosen, program: Program, environment: Mapping[str, str]) -> str:
    """Run it at this process's terminal until it ends. "" when it gave a credential, else a sentence."""
    name = program.path.name
    try:
        process = subprocess.Popen(
            [str(program.path), *(str(arg) for arg in program.config.get("args") or ())],
            stdout=subprocess.PIPE,
            cwd=environment.get("HOME") or None,
            env=_environment(chosen, program, environment),
        )
    except OSError as error:
        return f"The login plugin {name} cannot be started: {error.strerror or type(error).__name__}."
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"The login plugin {name} was ended: nobody answered it for {PATIENCE / 60:.0f} minutes."
    finally:
        _end(process)
    if process.returncode:
        how = f"with exit status {process.returncode}" if process.returncode > 0 else "by a signal"
        return f"The login plugin {name} ended {how}; nothing was changed here."
    return "" if _gave_something(output) else f"The login plugin {name} ended without a credential."


def _environment(chosen: Chosen, program: Program, environment: Mapping[str, str]) -> dict[str, str]:
    """What the engine's plugin sees, what leads to the person, and what the kubeconfig itself sets."""
    kept = {name: value for name, value in environment.items() if name in PASSED_ON or name in _AT_A_TERMINAL}
    for one in program.config.get("env") or ():
        kept[str(one.get("name", ""))] = str(one.get("value", ""))
    info: dict[str, Any] = {
        "apiVersion": program.config.get("apiVersion", ""),
        "kind": "ExecCredential",
        "spec": {"interactive": True},
    }
    if program.config.get("provideClusterInfo") is True:
        info["spec"]["cluster"] = {"server": chosen.server, **authority_of(chosen)}
    return kept | {"KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}


def _gave_something(output: bytes) -> bool:
    """Whether the answer holds a credential. It is dropped here: what a message of ours could quote is a secret."""
    try:
        status = msgspec.json.decode(output[:_LONGEST], type=_Credential).status
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return status is not None and bool(status.token or status.clientCertificateData)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The plugin itself; it shares our process group, so that the terminal is its own too."""
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    pipe: IO[bytes] | None = process.stdout
    if pipe is not None:
        pipe.close()
