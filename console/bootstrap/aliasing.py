"""Which incident a cluster has: one open record for each cluster, found by any name the cluster goes by.

`<state>/clusters/<id>` holds the incident folder's name; a cluster has an id from its server address and CA (known at
once) and one from its kube-system namespace (known when it answers).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


class Aliases:
    """The cluster ids of one state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "clusters"

    def incident(self, cluster: str) -> str:
        """Incident of a cluster id, "" if there is none."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            name = self._path(cluster).read_text(encoding="utf-8").strip()
            return name if _ID.fullmatch(name) else ""
        return ""

    def remember(self, cluster: str, incident: str) -> None:
        """This cluster id means that incident. Failing is harmless: a name follows from the cluster's own id."""
        draft = self._path(cluster).with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_text(incident + "\n", encoding="utf-8")
            draft.chmod(0o600)
            draft.replace(self._path(cluster))

    def _path(self, cluster: str) -> Path:
        return self._folder / hashlib.sha256(cluster.encode()).hexdigest()[:32]


def new_incident(cluster: str) -> str:
    """Name of the folder of a new incident: short, for the socket's path, and telling nothing."""
    return f"inc-{hashlib.sha256(cluster.encode()).hexdigest()[:10]}"
