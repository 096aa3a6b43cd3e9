"""How a seat finds the engine of its cluster before anything was parsed: links by the content of the start options.

`<folder>/links/<key>` names the incident folder an engine serves for those options; the folder is the state folder, or
the person's own when the state folder is somebody else's (`--group`). A link that leads nowhere is no error: the engine
is started again and writes it anew.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from console.bootstrap.surroundings import is_ours
from console.config.options import Options, own_root, state_root


def home(options: Options) -> Path:
    """Where links and the engine's log of this person go."""
    root = state_root(options)
    return root if is_ours(root) else own_root()


def link_path(options: Options) -> Path:
    """Where the link for these options is."""
    return home(options) / "links" / options.key()


def linked_socket(options: Options) -> Path | None:
    """Socket of the incident that these options name, else of the engine last started for them; None for no such."""
    incident = options.incident or _read(options)[0]
    if not incident or "/" in incident or incident.startswith("."):
        return None
    return state_root(options) / incident / "engine.sock"


def intended_context(options: Options) -> str:
    """Context that these options mean, as the start that wrote their link found out; "" while that is not known."""
    return options.context or ("" if options.incident else _read(options)[1])


def write_link(options: Options, incident: str, context: str = "") -> None:
    """Point the options to an incident. Atomic; failing is harmless, the next start is only slower.

    Args:
        context: the one of the kubeconfig that the options mean.
    """
    path = link_path(options)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(f"{incident}\n{context}\n", encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(path)


def _read(options: Options) -> tuple[str, str]:
    """Incident and context of the link, "" where there is none."""
    try:
        lines = link_path(options).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return "", ""
    incident, context = (line.strip() for line in (*lines, "", "")[:2])
    return incident, context


def reached(path: Path, within: float = 0.2) -> socket.socket | None:
    """A connection to a socket, None when nobody listens there. `within`: seconds, also for what is done with it."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(within)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def answers(path: Path, within: float = 0.2) -> bool:
    """Whether somebody listens on a socket."""
    if (connection := reached(path, within)) is None:
        return False
    connection.close()
    return True
