"""How a seat finds the engine of its cluster before anything was parsed: links by the content of the start options.

`<folder>/links/<key>` names the incident folder an engine serves for those options; the folder is the state folder, or
the person's own when the state folder is somebody else's (`--group`). A link that leads nowhere is no error: the engine
is started again and writes it anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from pathlib import Path

import msgspec

from console.bootstrap.surroundings import is_ours
from console.config.options import Options, own_root, state_root
from console.errors import ConfigError


def home(options: Options) -> Path:
    """Where links and the engine's log of this person go."""
    root = state_root(options)
    return root if is_ours(root) else own_root()


def link_path(options: Options) -> Path:
    """Where the link for these options is."""
    return home(options) / "links" / options.key()


def linked_socket(options: Options) -> Path | None:
    """Socket of the engine last started for these options, None if there never was one."""
    incident, _ = _read(options)
    if not incident or "/" in incident or incident.startswith("."):
        return None
    return state_root(options) / incident / "engine.sock"


def refuse_other_sources(options: Options) -> None:
    """Raises `ConfigError` when sources were named and the engine was started with others: it cannot add them."""
    _, sources = _read(options)
    named = _sources(options)
    if named and named != sources:
        raise ConfigError(
            "The engine of this cluster runs with other sources than the ones named now, and would not read these. "
            "Leave them out to join it, or end it first with `warroom stop`: the record is kept."
        )


def write_link(options: Options, incident: str) -> None:
    """Point the options to an incident. Atomic; failing is harmless, the next start is only slower."""
    path = link_path(options)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(f"{incident}\n{_sources(options)}\n", encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(path)


def _read(options: Options) -> tuple[str, str]:
    """Incident and sources of the link, "" where there is none."""
    try:
        incident, _, rest = link_path(options).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return "", ""
    return incident.strip(), rest.strip()


def _sources(options: Options) -> str:
    """The sources named among the options as one word, "" for none."""
    files = sorted(str(Path(path).expanduser().absolute()) for path in options.audit)
    if not (files or options.audit_webhook or options.prometheus):
        return ""
    named = msgspec.json.encode((files, options.audit_webhook, options.prometheus))
    return hashlib.sha256(named).hexdigest()[:16]


def answers(path: Path, within: float = 0.2) -> bool:
    """Whether somebody listens on a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(within)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
