"""Writes kubeconfigs for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from console.cluster.options import ConnectOptions

SERVER = "https://192.0.2.1:6443"


def kubeconfig(
    path: Path,
    user: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None,
    context: str = "prod",
    current: str | None = None,
    namespace: str = "",
) -> Path:
    """One cluster, one user, one context, named after the context."""
    inner = {"cluster": context, "user": context} | ({"namespace": namespace} if namespace else {})
    whole = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": SERVER} | (cluster or {})}],
        "users": [{"name": context, "user": user or {}}],
        "contexts": [{"name": context, "context": inner}],
        "current-context": context if current is None else current,
    }
    path.write_text(yaml.safe_dump(whole))
    path.chmod(0o600)
    return path


def program(path: Path, script: str = "exit 1", mode: int = 0o755) -> Path:
    """A shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return path


def options(tmp_path: Path, *paths: Path, **more: Any) -> ConnectOptions:
    """With an empty environment but for a PATH to `tmp_path/bin`; works in `tmp_path/work`."""
    (tmp_path / "work").mkdir(exist_ok=True)
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)} | more.pop("environment", {})
    return ConnectOptions(
        paths or (tmp_path / "config",), tmp_path / "state", environment=environment, folder=tmp_path / "work", **more
    )
