"""From the name of a field in a rule to the values of an event. Names are those of the audit event, or derived ones.

A name that is neither is an error of the rule, found when it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from console.rules.callers import extra
from console.rules.view import View
from console.rules.walking import values_at

Getter = Callable[[Any], Sequence[Any]]
CELLS = ("verb", "objectRef.resource", "objectRef.subresource", "who.kind", "outcome", "who.tool", "who.impersonating")
"""Fields the index is made of, in the order of `view.Cells`."""


def _code(view: View) -> list[int]:
    status = view.event.response_status
    return [status.code] if status is not None and status.code else []


def _status(name: str) -> Getter:
    return lambda view: _some(getattr(view.event.response_status, name, ""))


def _some(value: Any) -> list[Any]:
    return [value] if value not in ("", None) else []


def _sourced(view: View) -> Sequence[Any]:
    return view.event.source_ips or ()


_SINGLE: dict[str, Callable[[View], Any]] = {
    "auditID": lambda view: view.event.audit_id,
    "level": lambda view: view.event.level,
    "stage": lambda view: view.event.stage,
    "userAgent": lambda view: view.event.user_agent,
    "requestURI": lambda view: view.event.request_uri,
    "objectRef.namespace": lambda view: view.reference.namespace,
    "objectRef.name": lambda view: view.reference.name,
    "objectRef.uid": lambda view: view.reference.uid,
    "objectRef.apiGroup": lambda view: view.reference.api_group,
    "objectRef.apiVersion": lambda view: view.reference.api_version,
    "user.username": lambda view: view.event.user.username,
    "user.uid": lambda view: view.event.user.uid,
    "impersonatedUser.username": lambda view: view.acting.username,
    "impersonatedUser.uid": lambda view: view.acting.uid,
    "who.user": lambda view: view.event.user.username,
    "who.as": lambda view: view.acting.username,
    "who.effective": lambda view: view.acting.username or view.event.user.username,
    "who.ip": lambda view: view.ip,
    "who.agent": lambda view: view.event.user_agent,
    "who.namespace": lambda view: view.account[0],
    "who.account": lambda view: view.account[1],
    "who.pod": lambda view: view.from_pod,
    "who.node": lambda view: extra(view.event.user, "node-name"),
    "who.credential": lambda view: extra(view.event.user, "credential-id"),
    "target.name": lambda view: view.name,
    "exec.command": lambda view: view.command,
    "uri.path": lambda view: view.path,
    "first.agent": lambda view: view.news.agent,
    "first.network": lambda view: view.news.network,
    "first.deed": lambda view: view.news.deed,
    "first.caller": lambda view: view.news.caller,
    "csr.text": lambda view: view.signing_text,
}
_MANY: dict[str, Getter] = {
    "user.groups": lambda view: view.event.user.groups or (),
    "who.groups": lambda view: view.event.user.groups or (),
    "impersonatedUser.groups": lambda view: view.acting.groups or (),
    "who.as-groups": lambda view: view.acting.groups or (),
    "sourceIPs": _sourced,
    "who.ips": _sourced,
    "responseStatus.code": _code,
    "code": _code,
    "responseStatus.status": _status("status"),
    "responseStatus.reason": _status("reason"),
    "responseStatus.message": _status("message"),
    "exec.args": lambda view: view.arguments,
    "who.outside": lambda view: (view.outside,),
    "by.controller": lambda view: (view.own_work,),
    "by.owner": lambda view: (view.owned,),
    "by.mirror": lambda view: (view.mirror,),
    "by.bootstrap": lambda view: (view.bootstrap,),
    "patch.paths": lambda view: view.patch_paths,
    "whole-collection": lambda view: (view.selector_free,),
    "rights": lambda view: view.rights,
    "first.groups": lambda view: view.news.groups,
    "first.beside": lambda view: view.news.beside,
    "first.usual": lambda view: view.news.usual,
}
_BELOW: dict[str, Callable[[View], Any]] = {
    "requestObject": lambda view: view.body,
    "body": lambda view: view.body,
    "responseObject": lambda view: view.answer,
    "pod": lambda view: view.pod,
    "metadata": lambda view: view.metadata,
    "annotations": lambda view: view.event.annotations or {},
    "uri.query": lambda view: view.query,
    "user.extra": lambda view: view.event.user.extra or {},
    "impersonatedUser.extra": lambda view: view.acting.extra or {},
}


def getter_of(name: str) -> Getter | None:
    """What reads this field, or None when there is no such field."""
    if name in CELLS:
        at = CELLS.index(name)
        return lambda view: _some(view.cells[at])
    if (single := _SINGLE.get(name)) is not None:
        return _read(single)
    if (many := _MANY.get(name)) is not None:
        return many
    for root, base in _BELOW.items():
        if name == root or name.startswith(f"{root}."):
            path = tuple(name[len(root) + 1 :].split(".")) if name != root else ()
            return _walk(base, path)
    return None


def _read(single: Callable[[View], Any]) -> Getter:
    return lambda view: _some(single(view))


def _walk(base: Callable[[View], Any], path: tuple[str, ...]) -> Getter:
    def read(view: View) -> Sequence[Any]:
        found = base(view)
        return values_at(found, path) if found else ()

    def read_one(view: View) -> Sequence[Any]:
        value = base(view).get(path[0])
        return () if value is None else value if isinstance(value, list) else (value,)

    return read_one if len(path) == 1 and path[0] != "*" else read
