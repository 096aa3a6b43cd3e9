"""The cluster port: one API server, seen through watches and called through `send`.

Two transports stand behind it, the real HTTP one and the drill's simulated one; the reflector, cache and access
reviews above them are the same code. Values are raw. Nothing here blocks the loop; every call has a timeout.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from console.model.action import Right
from console.model.objects import Obj
from console.model.plan import Call
from console.model.ref import ResourceRef


class Reply(msgspec.Struct, frozen=True):
    """An answer of the API server, whatever its status."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    """Lower-case names."""

    def json(self) -> Any:
        """The body decoded; raises `Unreachable` if it is not JSON (then it is no Kubernetes answer)."""
        from console.errors import Unreachable

        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreachable(f"The API server's answer ({self.status}) is not JSON: {error}.") from error


class Request(msgspec.Struct, frozen=True):
    """One HTTP request. `audit_id` "" lets the transport's owner mint a read id."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = "application/json"
    audit_id: str = ""
    accept: str = "application/json"
    plain: bool = False
    """As the owner of the credentials, also when all else is done as somebody else (`--as`)."""


class Transport(Protocol):
    """Bytes to and from one API server."""

    server: str
    """`https://host:port`, for people."""
    context: str
    """Name of the kubeconfig context, `in-cluster` or `drill`."""
    user: str
    """The kubeconfig user entry's name; the API's own view comes from a SelfSubjectReview."""

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        """One request, one answer of at most 64 MiB. Raises `Unreachable` or `LoginNeeded`, never for a status."""
        ...

    def stream(self, request: Request, idle: float) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]:
        """A long answer in chunks (watch, logs). `Unreachable` when nothing arrives for `idle` seconds.

        The Reply has an empty body for 200 and the error body otherwise.
        """
        ...

    async def close(self) -> None:
        """Drop all connections."""
        ...


class KindHealth(msgspec.Struct, frozen=True):
    """How the watch of one kind is."""

    kind: str
    state: str
    """`loading`, `live`, `stale`, `forbidden` or `absent` (the server does not serve it)."""
    since: float
    why: str = ""
    count: int = 0
    namespaces: tuple[str, ...] = ()
    """Non-empty when only these namespaces are watched."""


class View(Protocol):
    """A read-only cache of one kind."""

    kind: str

    @property
    def health(self) -> KindHealth:
        """State of the watch behind it."""
        ...

    def get(self, namespace: str, name: str) -> Obj | None:
        """The object of that name, None if it is not there (or not known: see health)."""
        ...

    def all(self, namespace: str = "") -> Iterable[Obj]:
        """Objects of one namespace, or all."""
        ...

    def __len__(self) -> int: ...


Listener = Callable[[str, str, Obj, Obj | None], None]
"""Called with verb (`listed`, `created`, `updated`, `deleted`), kind, object, previous object; must not block."""


class Ruling(msgspec.Struct, frozen=True):
    """Answer to an access review."""

    right: Right
    allowed: bool
    reason: str = ""
    error: str = ""
    """Non-empty when the review itself failed: then `allowed` means nothing."""


class Subject(msgspec.Struct, frozen=True):
    """Whose rights a review asks for."""

    user: str
    groups: tuple[str, ...] = ()


class ClusterInfo(msgspec.Struct, frozen=True):
    """What cluster this is, as far as it is known."""

    id: str
    """uid of the kube-system namespace; a hash of server and CA until (or unless) that can be read."""
    server: str
    context: str
    version: str = ""
    user: str = ""
    """Who the API server says we are."""
    groups: tuple[str, ...] = ()
    """Empty while the API server has not said who we are."""
    skew: float = 0.0
    """Seconds our clock is ahead of the server's Date."""
    behind: tuple[Subject, ...] = ()
    """Whose credentials these are, when we act as somebody else (`--as`). Without groups: the server did not say."""

    @property
    def selves(self) -> tuple[Subject, ...]:
        """All that is us: who we act as, and who is behind it. Losing the rights of either locks us out."""
        return (Subject(self.user, self.groups), *self.behind)

    @property
    def users(self) -> frozenset[str]:
        """The user names of all that is us, as far as they are known."""
        return frozenset(one.user for one in self.selves if one.user)


class Cluster(Protocol):
    """Everything the product does with a cluster. Writes are sent by the action runner alone."""

    login_needed: str
    """What a person must do before anything works again; "" while the login is good."""

    @property
    def info(self) -> ClusterInfo: ...

    async def log_in(self) -> ClusterInfo:
        """Read the credentials anew and let the server say who we are with them. Raises `ClusterError`."""
        ...

    def view(self, kind: str) -> View:
        """Cache of a kind; starts its watch when it is not running yet."""
        ...

    def healths(self) -> tuple[KindHealth, ...]:
        """One for each kind that is or was asked for."""
        ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every change; returns a function that stops it."""
        ...

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        """One request; a read without audit id gets one of ours."""
        ...

    def stream(self, request: Request, idle: float) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]:
        """As `Transport.stream`, with an audit id of ours."""
        ...

    async def fetch(self, ref: ResourceRef) -> dict[str, Any] | None:
        """The whole object as it is now, None for 404. Raises `ApiStatus` for other failures."""
        ...

    async def review(self, rights: Sequence[Right], subject: Subject | None = None) -> tuple[Ruling, ...]:
        """Access reviews, ours (SelfSubjectAccessReview) or a subject's (SubjectAccessReview), in order."""
        ...

    def owns(self, audit_id: str) -> bool:
        """Whether a read id is one of ours (writes are known by the journal)."""
        ...

    async def close(self) -> None: ...


def request_of(call: Call, audit_id: str, body: bytes | None = None) -> Request:
    """The request that sends a planned call."""
    return Request(call.method, call.path, call.query, call.body if body is None else body, call.content_type, audit_id)
