"""What a request needs to be ours: headers and TLS, from a login that can renew itself.

The logins are in `credentials`; here stands only what the transport knows of them.
"""

from __future__ import annotations

import ssl
from typing import Protocol

import msgspec


class Access(msgspec.Struct, frozen=True):
    """What is sent with each request."""

    headers: tuple[tuple[str, str], ...] = ()
    """Authorization, and impersonation if asked for. Secret."""
    tls: ssl.SSLContext | None = None
    """None for plain HTTP."""
    valid: tuple[float, float] | None = None
    """From and until when its client certificate is one (epoch seconds), None if it has none or that is not known."""


class Login(Protocol):
    """Where access comes from."""

    async def access(self) -> Access:
        """Access as of now; renewed first when it is about to expire. Raises `LoginNeeded`."""
        ...

    async def renew(self, refused: Access) -> None:
        """The server refused this access: read the credentials again. Raises `LoginNeeded` when that is no use.

        Calls for an access that was renewed meanwhile return at once.
        """
        ...

    async def again(self) -> None:
        """A person has logged in: read the credentials now, whatever failed before. Raises `LoginNeeded`."""
        ...
