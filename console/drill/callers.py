"""Who sends a request to the simulated API server, and whether their credential still works.

In: a credential as a thief or a component holds it. Out: the `Caller` the audit log names, or 401. The rules are the
real ones: the account must exist with the same uid, a bound pod too, a legacy secret must exist and not be invalidated.
"""

from __future__ import annotations

import msgspec

from console.drill.statuses import unauthorized
from console.drill.store import Store

INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
_EXTRA = "authentication.kubernetes.io/"


class Caller(msgspec.Struct, frozen=True):
    """An authenticated user on one connection."""

    user: str
    groups: tuple[str, ...] = ("system:authenticated",)
    uid: str = ""
    extra: dict[str, tuple[str, ...]] = {}
    ip: str = "10.0.0.10"
    agent: str = "kubectl/v1.36.1 (linux/amd64) kubernetes/3f1a5c0"

    @property
    def manager(self) -> str:
        """The field manager the server assumes when none is given."""
        return self.agent.partition("/")[0]


class Token(msgspec.Struct, frozen=True):
    """A service account token, wherever it is now."""

    namespace: str
    account: str
    uid: str
    """uid of the account it was issued for."""
    id: str
    """The JTI that the audit log calls the credential id."""
    secret: str = ""
    """Name of the legacy token Secret, "" for issued tokens."""
    pod: str = ""
    pod_uid: str = ""
    node: str = ""


def account_user(namespace: str, name: str) -> str:
    """The user name of a service account."""
    return f"system:serviceaccount:{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    """The groups every service account of a namespace is in."""
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")


def by_token(store: Store, token: Token, ip: str, agent: str) -> Caller:
    """Authenticate a token. Raises `Failure` 401."""
    account = store.get("ServiceAccount", token.namespace, token.account)
    if account is None or account["metadata"]["uid"] != token.uid:
        raise unauthorized()
    extra: dict[str, tuple[str, ...]] = {_EXTRA + "credential-id": (f"JTI={token.id}",)}
    if token.secret:
        secret = store.get("Secret", token.namespace, token.secret)
        if secret is None or INVALID_SINCE in (secret["metadata"].get("labels") or {}):
            raise unauthorized()
        extra = {}
    if token.pod:
        pod = store.get("Pod", token.namespace, token.pod)
        if pod is None or pod["metadata"]["uid"] != token.pod_uid:
            raise unauthorized()
        extra |= {
            _EXTRA + "node-name": (token.node,),
            _EXTRA + "pod-name": (token.pod,),
            _EXTRA + "pod-uid": (token.pod_uid,),
        }
    user = account_user(token.namespace, token.account)
    return Caller(user, account_groups(token.namespace), token.uid, extra, ip, agent)
