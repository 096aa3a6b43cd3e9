"""Credentials out of a kubeconfig's user, or of a pod's own account.

Plain certificates and tokens are read here, without the `kubernetes` package (half a second of import); exec plugins
and OIDC go through it in a process of their own (`plugin`). Nothing is read or run that the gate did not let through.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import msgspec

from console.cluster.kubeconfig import Chosen, Named
from console.errors import ConfigError, LoginNeeded

_FILE_LIMIT = 1 << 20


class Credentials(msgspec.Struct, frozen=True):
    """One set of credentials. Secret."""

    token: str = ""
    basic: str = ""
    """`user:password`, base64."""
    certificate: bytes = b""
    key: bytes = b""
    expires: float | None = None
    """Epoch seconds."""
    from_file: bool = False
    """Whether the token is in a file that others renew."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header, if there is one."""
        if self.token:
            return (("Authorization", f"Bearer {self.token}"),)
        return (("Authorization", f"Basic {self.basic}"),) if self.basic else ()


def plain(chosen: Chosen) -> Credentials:
    """What the user entry itself holds or names: certificate, token, token file, name and password.

    Raises:
        ConfigError: it names files that cannot be used.
        LoginNeeded: its token file cannot be read now.
    """
    user = chosen.user
    certificate, key = content(user, "client-certificate"), content(user, "client-key")
    if bool(certificate) != bool(key):
        raise ConfigError(f"{user.file}: user {user.name!r} needs client-certificate and client-key together.")
    token_file = user.path("tokenFile")
    token = token_from(token_file) if token_file else user.text("token").strip()
    basic = ""
    if not token and user.text("username"):
        basic = base64.b64encode(f"{user.text('username')}:{user.text('password')}".encode()).decode()
    return Credentials(token, basic, certificate, key, from_file=token_file is not None)


def token_from(path: Path) -> str:
    """The token in a file. Raises `LoginNeeded`."""
    try:
        token = path.read_bytes()[:_FILE_LIMIT].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LoginNeeded(f"The token file {path} cannot be read. Log in again, or correct the kubeconfig.") from error
    if not token or not token.isprintable():
        raise LoginNeeded(f"The token file {path} holds no token. Log in again.")
    return token


def content(entry: Named, key: str) -> bytes:
    """What `KEY-data` (base64) holds or the file `KEY` names; b"" for neither. Raises `ConfigError`."""
    if text := entry.text(f"{key}-data"):
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ConfigError(f"{entry.file}: {key}-data of {entry.name!r} is not base64. Correct the file.") from error
    path = entry.path(key)
    if path is None:
        return b""
    try:
        return path.read_bytes()[:_FILE_LIMIT]
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(f"{entry.file}: {key} of {entry.name!r}: {path} cannot be read: {why}.") from error
