"""Acting as somebody else, as kubectl does it: from `--as`, `--as-group` and the user entry to headers.

In: options and the chosen user entry. Out: headers of each request. What cannot be sent as it was meant is refused:
an identity of which a part was left out would have other rights than the one that was asked for.
"""

from __future__ import annotations

import string
from typing import Any

from console.cluster.kubeconfig import Chosen, Named
from console.cluster.options import ConnectOptions
from console.errors import ConfigError

Header = tuple[str, str]
PREFIX = "Impersonate-"
"""How the headers begin: a request without any of these is made as ourselves."""
_TOKEN = frozenset((string.ascii_letters + string.digits + "!#$&'*+-.^_`|~").encode())
"""Bytes that stand for themselves in the name of a header; the API server reads all others percent-encoded."""


def impersonation(options: ConnectOptions, chosen: Chosen | None = None) -> tuple[Header, ...]:
    """The headers of `--as` and `--as-group`, over the user entry's `as`, `as-uid`, `as-groups`, `as-user-extra`.

    As in kubectl a flag takes the place of its own field only: `--as` leaves the entry's groups as they are.

    Raises:
        ConfigError: something is impersonated without a user, is of another type, or fits no header.
    """
    entry = chosen.user if chosen else Named("", {}, next(iter(options.paths), options.account))
    user = options.as_user or entry.text("as")
    uid = entry.text("as-uid")
    groups = options.as_groups or _texts(entry, "as-groups", entry.value.get("as-groups"))
    extra = _extra(entry)
    if not user:
        if options.as_groups:
            raise ConfigError("--as-group needs --as: groups are impersonated together with a user.")
        if uid or groups or extra:
            raise ConfigError(
                f"{entry.file}: user {entry.name!r} impersonates a uid, groups or extra fields (as-uid, as-groups, "
                "as-user-extra) without a user. Add as, or give --as."
            )
        return ()
    headers = [("Impersonate-User", user), *([("Impersonate-Uid", uid)] if uid else ())]
    headers += [("Impersonate-Group", group) for group in groups]
    headers += [(f"Impersonate-Extra-{_escaped(key)}", value) for key, value in extra]
    if not all(value.isascii() and value.isprintable() for _, value in headers):
        raise ConfigError("--as and --as-group (as and the like in a kubeconfig) take printable ASCII only.")
    return tuple(headers)


def _extra(entry: Named) -> list[tuple[str, str]]:
    found = entry.value.get("as-user-extra")
    if found is None:
        return []
    if not isinstance(found, dict) or not all(isinstance(key, str) and key for key in found):
        raise ConfigError(f"{entry.file}: as-user-extra of {entry.name!r} must be names with lists. Correct the file.")
    return [(key, value) for key, values in found.items() for value in _texts(entry, f"as-user-extra {key}", values)]


def _texts(entry: Named, key: str, found: Any) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ConfigError(f"{entry.file}: {key} of {entry.name!r} must be a list of texts. Correct the file.")
    return tuple(found)


def _escaped(key: str) -> str:
    return "".join(chr(byte) if byte in _TOKEN else f"%{byte:02X}" for byte in key.encode())
