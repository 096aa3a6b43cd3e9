"""A pod's own account: used when there is no kubeconfig and the process runs in a pod. Needs no approval."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from console.cluster.credentials import Credentials, token_from
from console.cluster.http import Endpoint
from console.cluster.options import ConnectOptions
from console.cluster.renewing import Material
from console.errors import ConfigError


def in_pod(options: ConnectOptions) -> bool:
    """Whether there is no kubeconfig but an account mounted for this pod."""
    if options.context or any(path.exists() for path in options.paths):
        return False
    return bool(options.environment.get("KUBERNETES_SERVICE_HOST")) and (options.account / "token").exists()


def in_cluster(options: ConnectOptions) -> tuple[Endpoint, Callable[[], Awaitable[Material]]]:
    """Where the API server is, and what reads the account's token (it is replaced about once an hour)."""
    host = options.environment["KUBERNETES_SERVICE_HOST"]
    port = options.environment.get("KUBERNETES_SERVICE_PORT", "443")
    authority = _file(options.account / "ca.crt")
    namespace = options.namespace or _file(options.account / "namespace").decode("utf-8", "replace").strip()

    async def read() -> Material:
        token = await asyncio.to_thread(token_from, options.account / "token")
        ca = await asyncio.to_thread(_file, options.account / "ca.crt")
        return Credentials(token, from_file=True), ca

    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Endpoint(server, "in-cluster", namespace=namespace, authority=hashlib.sha256(authority).hexdigest()), read


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} of the pod's account cannot be read: {error.strerror}. Set --kubeconfig.") from error
