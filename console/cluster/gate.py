"""The kubeconfig gate: what an opened kubeconfig may do at once, and what a person must approve first.

A kubeconfig can name a program to run, a file to send, a proxy to trust. Plain certificates, tokens and the clouds'
own login plugins pass; everything else is told in sentences, and approved once for this exact content. The gate runs
nothing and reads no file but the program it is asked about.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from console.cluster.kubeconfig import Chosen
from console.cluster.plugins import find, harmless
from console.errors import ConfigError, Untrusted

SHORT = 6
"""Hex digits of the hash that a person types."""
_ROTATING = frozenset({"token", "password", "client-certificate-data", "client-key-data", "id-token", "refresh-token"})
"""Values that change at each login: approving the rest is enough, and the hash of a secret need not be shown."""


class Program(msgspec.Struct, frozen=True):
    """A login plugin, found and ready to run."""

    path: Path
    """Absolute."""
    config: dict[str, Any]
    """The `exec` entry of the kubeconfig."""


class Judgement(msgspec.Struct, frozen=True):
    """What the gate says of one context."""

    digest: str
    """sha256 of what counts, hex; an approval is bound to it."""
    wants: tuple[str, ...]
    """One sentence for each thing that needs approval; empty: none does."""
    program: Program | None = None

    @property
    def short_hash(self) -> str:
        """What a person types to approve."""
        return self.digest[:SHORT]


def judge(chosen: Chosen, environment: Mapping[str, str], folder: Path) -> Judgement:
    """What of this context needs approval.

    Args:
        environment: where PATH is looked up.
        folder: the working directory, whose programs are never harmless.

    Raises:
        ConfigError: it names a login plugin that is not there.
    """
    program = _program(chosen, environment, folder)
    wants = [*_of_login(chosen, program, environment, folder), *_of_connection(chosen), *_of_keys(chosen)]
    return Judgement(_digest(chosen, program), tuple(wants), program)


def refusal(chosen: Chosen, judgement: Judgement) -> Untrusted:
    """The error to raise for a judgement that nobody approved."""
    wants = "; to ".join(judgement.wants)
    text = (
        f"The context {chosen.context!r} needs approval before it is used: it wants to {wants}. "
        f"If you trust it, run: warroom trust --context {chosen.context} ({judgement.short_hash})."
    )
    return Untrusted(text, judgement.short_hash, judgement.wants)


def _of_login(chosen: Chosen, program: Program | None, environment: Mapping[str, str], folder: Path) -> list[str]:
    wants = []
    if program and not _is_harmless(program, environment, folder):
        words = " ".join([str(program.path), *_arguments(program.config)])
        extra = ", ".join(f"{name}={value}" for name, value in _variables(program.config).items())
        wants.append(f"run the program {words}{f' with {extra}' if extra else ''}")
    if path := chosen.user.path("tokenFile"):
        wants.append(f"send the content of {path} to {chosen.server}")
    if provider := chosen.user.value.get("auth-provider"):
        name = provider.get("name", "") if isinstance(provider, dict) else ""
        settings = provider.get("config", {}) if isinstance(provider, dict) else {}
        issuer = settings.get("idp-issuer-url", "") if isinstance(settings, dict) else ""
        wants.append(f"log in through the provider {name} at {issuer or 'no address'}")
    return wants


def _of_connection(chosen: Chosen) -> list[str]:
    wants = []
    if proxy := chosen.cluster.text("proxy-url"):
        wants.append(f"send everything through the proxy {proxy}")
    if chosen.cluster.flag("insecure-skip-tls-verify"):
        wants.append(f"talk to {chosen.server} without verifying its certificate")
    if chosen.server.startswith("http://"):
        wants.append(f"talk to {chosen.server} without encryption")
    return wants


def _of_keys(chosen: Chosen) -> list[str]:
    path = chosen.user.file if chosen.user.text("client-key-data") else chosen.user.path("client-key")
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path else 0
    except OSError:
        return []  # reading the key will say so
    if not mode & 0o077:
        return []
    return [f"use a private key that others on this machine may read: {path} has mode {mode:04o}; chmod 600 it"]


def _program(chosen: Chosen, environment: Mapping[str, str], folder: Path) -> Program | None:
    config = chosen.user.value.get("exec")
    if config is None:
        return None
    command = config.get("command") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(command, str) or not command:
        raise ConfigError(f"{chosen.user.file}: exec of user {chosen.user.name!r} names no command. Correct the file.")
    if "/" in command:
        found: Path | None = (chosen.user.file.parent / Path(command).expanduser()).absolute()
        found = found if found and os.access(found, os.X_OK) and found.is_file() else None
    else:
        found = find(command, environment.get("PATH", ""), folder)
    if found is None:
        raise ConfigError(
            f"{chosen.user.file}: the login plugin {command!r} of user {chosen.user.name!r} is not on PATH "
            "(programs in the working directory and those anyone may change are left out). Install it, then retry."
        )
    return Program(found, config)


def _is_harmless(program: Program, environment: Mapping[str, str], folder: Path) -> bool:
    name = program.path.name
    at = find(name, environment.get("PATH", ""), folder)
    return at == program.path and harmless(name, _arguments(program.config), _variables(program.config))


def _arguments(config: dict[str, Any]) -> list[str]:
    return [str(arg) for arg in config.get("args") or ()]


def _variables(config: dict[str, Any]) -> dict[str, str]:
    entries = [entry for entry in config.get("env") or () if isinstance(entry, dict)]
    return {str(entry.get("name", "")): str(entry.get("value", "")) for entry in entries}


def _digest(chosen: Chosen, program: Program | None) -> str:
    whole = {
        "cluster": chosen.cluster.value,
        "user": _without_rotating(chosen.user.value),
        "folder": str(chosen.user.file.parent),
        "program": [str(program.path), hashlib.sha256(program.path.read_bytes()).hexdigest()] if program else [],
    }
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()


def _without_rotating(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            str(name): "" if name in _ROTATING else _without_rotating(inner)
            for name, inner in sorted(value.items(), key=lambda item: str(item[0]))
        }
    if isinstance(value, list):
        return [_without_rotating(inner) for inner in value]
    return value
