"""Who did something, as the API server saw it. Raw values: nothing here is safe to draw."""

from __future__ import annotations

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """The authenticated user, whom it acted as, and where from."""

    user: str = ""
    """Authenticated name; "" when the request carried no valid credential."""
    as_user: str = ""
    """Impersonated name, "" if none."""
    groups: tuple[str, ...] = ()
    ip: str = ""
    agent: str = ""
    pod: str = ""
    """`namespace/name` of the pod a bound token belongs to (user.extra, Kubernetes 1.33+)."""
    node: str = ""
    credential: str = ""
    """Credential id (`JTI=…` of a token, `X509SHA256=…` of a certificate)."""

    manager: str = ""
    """Field manager, where a watch told and no user is known: a hint, for any client may choose the name."""

    @property
    def effective(self) -> str:
        """Whose rights were used: the impersonated name if there is one."""
        return self.as_user or self.user
