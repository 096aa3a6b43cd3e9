"""Failures of the simulated API server, worded and shaped as the real one writes them (recorded from 1.36)."""

from __future__ import annotations

from typing import Any

from console.model.ref import Kind


class Failure(Exception):
    """A Status answer. Carried as an exception inside the drill only; it leaves as an HTTP answer."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None, plain: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details
        self.plain = plain
        """Non-empty: the answer is this text instead of a Status."""

    def status(self) -> dict[str, Any]:
        """The Status object."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
        }
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def _details(kind: Kind, name: str, resource: bool = True) -> dict[str, Any]:
    """Status details: `kind` holds the plural where the server knows only the resource."""
    found: dict[str, Any] = {"name": name} if name else {}
    if kind.group:
        found["group"] = kind.group
    return found | {"kind": kind.plural if resource else kind.kind}


def qualified(kind: Kind) -> str:
    """`deployments.apps` or `pods`."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _spelled(kind: Kind) -> str:
    return f"{kind.kind}.{kind.group}" if kind.group else kind.kind


def not_found(kind: Kind, name: str) -> Failure:
    return Failure(404, "NotFound", f'{qualified(kind)} "{name}" not found', _details(kind, name))


def unknown_resource() -> Failure:
    return Failure(404, "NotFound", "the server could not find the requested resource", {})


def unknown_path() -> Failure:
    return Failure(404, "NotFound", "404 page not found", plain="404 page not found\n")


def not_played(what: str) -> Failure:
    """A real server has it, the drill does not."""
    return Failure(501, "NotImplemented", f"The drill's cluster does not play {what}; practise that on a real one.", {})


def already_exists(kind: Kind, name: str) -> Failure:
    return Failure(409, "AlreadyExists", f'{qualified(kind)} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, why: str, resource: bool = True, sub: str = "") -> Failure:
    details = _details(kind, name, resource)
    called = qualified(kind) if resource else _spelled(kind)
    if sub:
        called, details["kind"] = called.replace(kind.plural, f"{kind.plural}/{sub}"), f"{kind.plural}/{sub}"
    return Failure(409, "Conflict", f'Operation cannot be fulfilled on {called} "{name}": {why}', details)


def modified(kind: Kind, name: str) -> Failure:
    return conflict(
        kind,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )


def invalid(kind: Kind, name: str, field: str, why: str, reason: str = "FieldValueInvalid") -> Failure:
    details = _details(kind, name, resource=False)
    details["causes"] = [{"reason": reason, "message": why, "field": field}]
    return Failure(422, "Invalid", f'{_spelled(kind)} "{name}" is invalid: {field}: {why}', details)


def forbidden(kind: Kind, name: str, why: str) -> Failure:
    called = qualified(kind) + (f' "{name}"' if name else "")
    return Failure(403, "Forbidden", f"{called} is forbidden: {why}", _details(kind, name))


def forbidden_path(user: str, verb: str, path: str) -> Failure:
    return Failure(403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{path}"', {})


def unauthorized() -> Failure:
    return Failure(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> Failure:
    return Failure(400, "BadRequest", message)


def expired(oldest: str) -> Failure:
    return Failure(410, "Expired", oldest)


def method_not_allowed() -> Failure:
    return Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media() -> Failure:
    return Failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
