"""The simulated API server: authenticates, authorizes, answers and audits one request at a time.

In: a caller (or a stolen token) and a `Request`. Out: a `Reply` as the real server gives it, and audit events for
every request, ours and the attacker's alike. Everything runs at once, in memory; nothing here waits or writes a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Any

import msgspec

from console.drill.audit import AuditLog, Entry
from console.drill.authorizing import Authorizer, Wish
from console.drill.callers import Caller, Token, by_token
from console.drill.logs import Logs
from console.drill.patches import JSON, MERGE, STRATEGIC
from console.drill.reads import Reads, wants_partial
from console.drill.resources import Address, Body, locate
from console.drill.reviews import AUTHENTICATION, AUTHORIZATION, Reviews
from console.drill.seeding import chance
from console.drill.statuses import (
    Failure,
    bad_request,
    forbidden,
    forbidden_path,
    method_not_allowed,
    not_played,
    unknown_path,
    unsupported_media,
)
from console.drill.store import Store
from console.drill.streams import Streams
from console.drill.subresources import Subresources
from console.drill.watching import Watch
from console.drill.writes import Options, Writes, scale_of
from console.ports.clock import Clock
from console.ports.cluster import Reply, Request

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.1", "gitTreeState": "clean", "platform": "linux/amd64"}
ANONYMOUS = Caller("system:anonymous", ("system:unauthenticated",))
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_TRUE = ("true", "1")


class SimServer:
    """One cluster's API. `now` is epoch seconds; while a scenario's past is played it is that past's time."""

    def __init__(self, clock: Clock, seed: int = 0, images: Mapping[str, Sequence[str]] | None = None) -> None:
        self.clock = clock
        self.past: float | None = None
        """Set while the scenario's history is played."""
        self.store = Store()
        self.access = Authorizer(self.store)
        self.audit = AuditLog(self.now)
        self.writes = Writes(self.store, self.access, chance(seed, "objects"), self.now)
        self.reads = Reads(self.store, Logs(images or {}))
        self.streams = Streams(self.store, self.audit)
        self.reviews = Reviews(self.access)
        self.subresources = Subresources(self.store, self.writes, self.now)
        self._watches: dict[Watch, None] = {}  # in the order of opening: a drill of one seed runs the same each time

    def now(self) -> float:
        """Epoch seconds."""
        return self.clock.now() if self.past is None else self.past

    def pulse(self) -> None:
        """Let open watches look at the clock: bookmarks and ends."""
        for watch in tuple(self._watches):
            watch.wake()

    def send(self, who: Caller | Token, request: Request, ip: str = "", agent: str = "") -> Reply:
        """Answer one request. A token is authenticated first, from address `ip` with user agent `agent`."""
        entry = self._entry(request)
        try:
            entry.caller = by_token(self.store, who, ip, agent) if isinstance(who, Token) else who
            code, answer = self._answer(entry)
        except Failure as failure:
            code, answer = failure.code, failure.plain or failure.status()
            if code == 401:
                entry.decision, entry.caller = "", _nobody(ip, agent)
        stage = "ResponseStarted" if code == 101 else "ResponseComplete"
        self.audit.write(entry, stage, code, None if isinstance(answer, (str, bytes)) else answer)
        return self._reply(entry, code, answer)

    def watch(self, caller: Caller, request: Request) -> tuple[Reply, Watch | None, Callable[[], None]]:
        """Open a watch: the answer, the watch (None for a failure), and what closes it."""
        entry = self._entry(request)
        entry.caller = caller
        try:
            self._authorize(entry)
            if entry.address is None:
                raise unknown_path()
            partial = wants_partial(request.accept)
            opened = Watch(self.store, self.clock, entry.address, dict(request.query), partial)
        except Failure as failure:
            self.audit.write(entry, "ResponseComplete", failure.code, failure.status())
            return self._reply(entry, failure.code, failure.plain or failure.status()), None, lambda: None
        self.audit.write(entry, "ResponseStarted", 200, None)
        self._watches[opened] = None

        def close() -> None:
            if opened in self._watches:
                del self._watches[opened]
                opened.close()
                self.audit.write(entry, "ResponseComplete", 200, None)

        return self._reply(entry, 200, b""), opened, close

    def _entry(self, request: Request) -> Entry:
        audit_id = request.audit_id or self.writes.uid()
        entry = Entry(ANONYMOUS, request, request.method.lower(), audit_id, self.now())
        query = dict(request.query)
        try:
            entry.address = locate(request.path) if request.path.startswith(("/api/", "/apis/")) else None
        except Failure:
            return entry
        if entry.address is not None:
            entry.verb = _verb(request, query, entry.address)
        return entry

    def _authorize(self, entry: Entry) -> None:
        request, at, caller = entry.request, entry.address, entry.caller
        path = request.path
        if at is None and not path.startswith((AUTHORIZATION, AUTHENTICATION)):
            wish = Wish(request.method.lower(), path=path)
        elif at is None:
            group, resource = path.split("/")[2], path.rpartition("/")[2]
            wish = Wish("create", group, resource)
        else:
            wish = Wish(entry.verb, at.kind.group, at.named, at.scope, at.name)
        allowed, entry.reason = self.access.decide(caller.user, caller.groups, wish)
        if allowed:
            return
        entry.decision = "forbid"
        if wish.path:
            raise forbidden_path(caller.user, wish.verb, path)
        where = f'in the namespace "{wish.namespace}"' if wish.namespace else "at the cluster scope"
        why = f'User "{caller.user}" cannot {wish.verb} resource "{wish.resource}" in API group "{wish.group}" {where}'
        if at is None:
            raise Failure(403, "Forbidden", f"{wish.resource}.{wish.group} is forbidden: {why}", {})
        raise forbidden(at.kind, at.name, why)

    def _answer(self, entry: Entry) -> tuple[int, Any]:
        request = entry.request
        self._authorize(entry)
        if entry.address is not None:
            return self._resource(entry, entry.address, dict(request.query))
        if request.path.startswith((AUTHORIZATION, AUTHENTICATION)):
            if request.method != "POST":
                raise method_not_allowed()
            entry.verb = "create"
            return 201, self.reviews.answer(entry.caller, request.path, decoded(request.body, "review"), self.now())
        if request.path in ("/version", "/version/"):
            return 200, VERSION
        if request.path in ("/readyz", "/livez", "/healthz"):
            return 200, b"ok"
        locate(request.path)
        raise unknown_path()

    def _resource(self, entry: Entry, at: Address, query: dict[str, str]) -> tuple[int, Any]:
        request, verb = entry.request, entry.verb
        if at.sub in ("exec", "attach", "proxy"):
            return self._connect(entry, at)
        if verb in ("get", "list"):
            return 200, self._read(at, query, request, verb)
        return self._write(entry, at, query)

    def _connect(self, entry: Entry, at: Address) -> tuple[int, Any]:
        if at.sub == "proxy":
            return self.subresources.proxy(at)
        return self.streams.open(entry, at)

    def _read(self, at: Address, query: dict[str, str], request: Request, verb: str) -> Any:
        if verb == "list":
            return self.reads.page(at, query, wants_partial(request.accept))
        if at.sub == "log":
            return self.reads.log(at, query, self.now())
        found = self.reads.get(Address(at.kind, at.namespace, at.name), wants_partial(request.accept))
        return scale_of(found) if at.sub == "scale" else found

    def _write(self, entry: Entry, at: Address, query: dict[str, str]) -> tuple[int, Any]:
        request, caller = entry.request, entry.caller
        if query.get("dryRun") not in (None, "", "All"):
            raise bad_request(f"invalid dryRun: {query['dryRun']}")
        options = Options(query.get("fieldManager") or caller.manager, query.get("dryRun") == "All")
        if entry.verb in ("delete", "deletecollection"):
            return 200, self._delete(entry, at, query, options)
        body = decoded(request.body, at.kind.kind, (dict, list) if entry.verb == "patch" else (dict,))
        if at.sub not in ("", "status", "scale"):
            return self.subresources.write(entry, at, body, options)
        if entry.verb == "create":
            if at.name:
                raise method_not_allowed()
            obj = self.writes.create(caller, at, body, options)
            entry.created = obj["metadata"]["name"]
            return 201, obj
        patch_type = _patch_type(request) if entry.verb == "patch" else ""
        if at.sub == "scale":
            return 200, self.writes.scale(caller, at, patch_type, body, options)
        if entry.verb == "patch":
            return 200, self.writes.patch(caller, at, patch_type, body, options)
        return 200, self.writes.replace(caller, at, body, options)

    def _delete(self, entry: Entry, at: Address, query: dict[str, str], options: Options) -> Body:
        body = decoded(entry.request.body, "DeleteOptions") if entry.request.body else {}
        for key in ("propagationPolicy", "gracePeriodSeconds"):
            if query.get(key):
                body.setdefault(key, query[key])
        if body.get("dryRun"):
            options = msgspec.structs.replace(options, dry_run=True)
        if entry.verb == "delete":
            if at.kind.kind in ("Namespace", "Node"):
                raise not_played(f"the deletion of {at.kind.plural}")
            return self.writes.delete(at, body, options)[0]
        page = self.reads.page(at, query, False)
        for item in page["items"]:
            metadata = item["metadata"]
            each = Address(at.kind, metadata.get("namespace", ""), metadata["name"])
            self.writes.delete(each, body, options)
        return dict(page)

    def _reply(self, entry: Entry, code: int, answer: Any) -> Reply:
        headers = {"audit-id": entry.audit_id, "date": formatdate(self.now(), usegmt=True)}
        if isinstance(answer, (str, bytes)):
            data = answer.encode() if isinstance(answer, str) else answer
            return Reply(code, data, headers | {"content-type": "text/plain"})
        return Reply(code, msgspec.json.encode(answer) + b"\n", headers | {"content-type": "application/json"})


def decoded(body: bytes, kind: str, shapes: tuple[type, ...] = (dict,)) -> Any:
    """A request body; only a JSON patch may be a list. Raises `Failure` 400."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        text = f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse "
        raise bad_request(f"{text}error: {error}") from error
    if not isinstance(found, shapes):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind})")
    return found


def _verb(request: Request, query: Mapping[str, str], at: Address) -> str:
    if request.method in ("GET", "HEAD"):
        if query.get("watch") in _TRUE:
            return "watch"
        return "get" if at.name else "list"
    if request.method == "DELETE" and not at.name:
        return "deletecollection"
    return _VERBS.get(request.method, request.method.lower())


def _patch_type(request: Request) -> str:
    content_type = request.content_type.partition(";")[0].strip()
    if content_type.startswith("application/apply-patch"):
        raise not_played("server-side apply")
    if content_type not in (MERGE, STRATEGIC, JSON):
        raise unsupported_media()
    return content_type


def _nobody(ip: str, agent: str) -> Caller:
    """Who the audit log names when authentication failed: nobody."""
    return Caller("", (), "", {}, ip, agent)
