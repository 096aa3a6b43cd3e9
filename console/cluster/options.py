"""What `connect` needs to know, independent of where the person said it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from console.config.options import Options, kubeconfig_paths, state_root


class ConnectOptions(msgspec.Struct, frozen=True):
    """Which kubeconfig, which context, as whom."""

    paths: tuple[Path, ...]
    """Merged as kubectl merges; need not exist."""
    state: Path
    """Folder in which approvals are kept."""
    context: str = ""
    namespace: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    """Variables that login plugins may see, and PATH to find them; only the harmless ones are passed on."""
    folder: Path = Path()
    """The working directory: programs in it are never run unasked."""
    account: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")
    """Where a pod finds its own account."""


def connect_options(options: Options) -> ConnectOptions:
    """From the start options and this process's surroundings."""
    return ConnectOptions(
        paths=kubeconfig_paths(options),
        state=state_root(options),
        context=options.context,
        namespace=options.namespaces[0] if len(options.namespaces) == 1 else "",
        as_user=options.as_user,
        as_groups=options.as_groups,
        environment=os.environ,  # as it is when a plugin runs: a seat may have lent a login meanwhile
        folder=Path.cwd(),
    )
