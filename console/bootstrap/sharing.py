"""`--group`: a state folder that a Unix group can enter, so that its members reach the socket and nothing else."""

from __future__ import annotations

import grp
import os
from pathlib import Path

from console.config.options import Options, state_root
from console.errors import ConfigError


def shared_with(options: Options) -> int | None:
    """Numeric id of the group of these options, its way to the socket made sure of; None when none was named.

    Raises:
        ConfigError: there is no such group, we are not in it, or it cannot enter the state folder.
    """
    if not options.group:
        return None
    if not options.state:
        raise ConfigError("--group needs a --state folder that the group can reach. Name one.")
    try:
        group = grp.getgrnam(options.group).gr_gid
    except KeyError as error:
        raise ConfigError(f"There is no group {options.group!r} on this host. Make it, or name another.") from error
    if os.geteuid() and group not in (os.getegid(), *os.getgroups()):
        raise ConfigError(f"You are not in the group {options.group!r}. Join it and log in again, or name another.")
    _enterable(state_root(options), group, options.group)
    return group


def _enterable(root: Path, group: int, name: str) -> None:
    try:
        if not root.exists():
            root.mkdir(mode=0o700, parents=True)
            os.chown(root, -1, group)
            root.chmod(0o2750)
        for folder in (root, *root.parents):
            found = folder.stat()
            if not (found.st_mode & 0o001 or (found.st_gid == group and found.st_mode & 0o010)):
                raise ConfigError(
                    f"The group {name!r} cannot enter {folder}, which is on the way to the socket. "
                    f"Run: chgrp {name} {folder} && chmod g+x {folder}"
                )
    except OSError as error:
        raise ConfigError(f"The state folder {root} cannot be shared with {name!r}: {error.strerror}.") from error
