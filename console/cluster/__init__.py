"""One API server: kubeconfig gate, login, HTTP transport, list and watch, cache of pruned objects, access reviews.

In: a kubeconfig or a pod's own account. Out: the ports of `console.ports.cluster`. Values stay raw; nothing here
draws, journals or decides. `kubernetes` is imported in this folder only, and never on the way to the first list.
"""

from __future__ import annotations

import ssl


def _import_aiohttp() -> None:
    """When imported, aiohttp fills two TLS contexts of its own with the system's authorities: 40-100 ms, for nothing.

    Every connection of ours brings its context (`console.cluster.tls`); those of aiohttp now trust nobody.
    """
    ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]
    try:
        import aiohttp  # noqa: F401
    finally:
        del ssl.SSLContext.set_default_verify_paths  # what the class inherits is there again


_import_aiohttp()
