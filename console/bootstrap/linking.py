"""How a seat finds the engine of its cluster before anything was parsed: links by the content of the start options.

`<state>/links/<key>` names the incident folder an engine serves for those options. A link that leads nowhere is no
error: the engine is started again and writes it anew.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from console.config.options import Options, state_root


def link_path(options: Options) -> Path:
    """Where the link for these options is."""
    return state_root(options) / "links" / options.key()


def linked_socket(options: Options) -> Path | None:
    """Socket of the engine last started for these options, None if there never was one."""
    try:
        incident = link_path(options).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    if not incident or "/" in incident or incident.startswith("."):
        return None
    return state_root(options) / incident / "engine.sock"


def write_link(options: Options, incident: str) -> None:
    """Point the options to an incident. Atomic; failing is harmless, the next start is only slower."""
    path = link_path(options)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(incident + "\n", encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(path)
