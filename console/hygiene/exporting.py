"""The one way out: `Exporter` turns raw values into `Clean`, for seat, journal, log, report and clipboard alike."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from console.hygiene.cleaning import FIELD_LIMIT, clean
from console.hygiene.redacting import mask, names_secret, redact
from console.model.ref import ResourceRef
from console.model.text import Clean

_SECRET_FIELDS = frozenset({"data", "stringData"})
_BODIES = frozenset({"requestObject", "responseObject", "request", "response"})
"""Bodies in an audit event, and in the envelope of a cloud's."""
_NAMED = frozenset({"token", "auth", "identitytoken", "access_token", "refresh_token", "id_token", "client-key-data"})
"""Fields that hold a credential in any object: a review's token, a registry's login."""
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Exporter:
    """Cleans and redacts with one incident's mask key. Cheap to call: an ordinary name costs well under a microsecond.

    Args:
        key: the incident's mask key; the same secret gets the same mask within one incident only.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, text: str, limit: int = FIELD_LIMIT) -> Clean:
        """One field. Redacted before it is cut, so that half a secret never shows."""
        if len(text) > 4 * limit:
            head, space, tail = text[: 4 * limit].rpartition(" ")
            # The last word may be half a secret, which no pattern knows: leave it out.
            text = head if space and len(tail) < limit else text[: 4 * limit]
        return Clean(clean(redact(text, self._key), limit))

    def seal(self, text: str) -> Clean:
        """A keyed digest of the exact text, for recognising it again where only the redacted one may be kept."""
        return Clean(hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest())

    def ref(self, ref: ResourceRef) -> Clean:
        """`Kind namespace/name`."""
        return self(f"{ref.kind} {ref}" if ref.kind else str(ref))

    def many(self, texts: tuple[str, ...] | list[str]) -> tuple[Clean, ...]:
        """Each of several fields."""
        return tuple(self(text) for text in texts)

    def lines(self, text: str, limit: int = 1000, most: int = 5000) -> tuple[Clean, ...]:
        """A text of several lines (a log), at most `most` of them, each cut at `limit`."""
        rows = redact(text, self._key).split("\n")
        return tuple(Clean(clean(row, limit)) for row in rows[:most])

    def document(self, value: Any, most: int = 5000) -> tuple[Clean, ...]:
        """A JSON-like object as indented lines, its secret fields masked by structure before any pattern is tried."""
        text = json.dumps(self._structure(value, ""), indent=2, ensure_ascii=False, default=str)
        return self.lines(text, most=most)

    def _structure(self, value: Any, kind: str) -> Any:
        if isinstance(value, dict):
            kind = _kind_of(value) or kind
            return {str(name): self._field(str(name), inner, kind, value) for name, inner in value.items()}
        if isinstance(value, list):
            return self._list(value, kind)
        return self._text(value, kind) if isinstance(value, str) else value

    def _text(self, value: str, kind: str) -> str:
        """A text before it becomes JSON: escapes would stand between a name and its secret. JSON in it is opened."""
        if value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
            try:
                return json.dumps(self._structure(json.loads(value), kind), ensure_ascii=False)
            except (ValueError, RecursionError):
                pass  # no JSON after all, or too deep to be opened: it is redacted as text like any other
        return redact(value, self._key)

    def _list(self, values: list[Any], kind: str) -> list[Any]:
        shown = []
        for before, inner in zip([None, *values], values, strict=False):
            if isinstance(inner, str) and isinstance(before, str) and names_secret(before):
                shown.append(mask("flag", inner, self._key))  # ["--password", "…"]
            else:
                shown.append(self._structure(inner, kind))
        return shown

    def _hidden(self, value: Any) -> Any:
        """All values masked, names kept."""
        if isinstance(value, dict):
            return {str(name): self._hidden(inner) for name, inner in value.items()}
        return mask("secret", value if isinstance(value, str) else json.dumps(value, default=str), self._key)

    def _field(self, name: str, inner: Any, kind: str, parent: dict[str, Any]) -> Any:
        if kind in ("Secret", "SecretList") and name in _SECRET_FIELDS:
            return self._hidden(inner)
        if name in _BODIES and _is_on_secrets(parent):
            kind = "Secret"  # a patch does not say what it patches
        if name == "value" and "path" in parent and "op" in parent and _is_secret_path(str(parent["path"]), kind):
            return self._hidden(inner)
        if name == _LAST_APPLIED:
            return mask("last-applied", str(inner), self._key)
        if name == "value" and "name" in parent and isinstance(inner, str):
            return mask("env", inner, self._key) if inner else inner
        if name in _NAMED and isinstance(inner, str) and inner:
            return mask("token", inner, self._key)
        return self._structure(inner, kind)


def _is_on_secrets(event: dict[str, Any]) -> bool:
    """Whether an audit event, or a cloud's record of one, is about a Secret."""
    on, named = event.get("objectRef"), event.get("resourceName")
    if isinstance(on, dict) and on.get("resource") == "secrets":
        return True
    return isinstance(named, str) and "secrets" in named.split("/")


def _kind_of(value: dict[str, Any]) -> str:
    """The kind an object says it is, also where only a type URL does: `core.k8s.io/v1.Secret`."""
    kind, typed = value.get("kind"), value.get("@type")
    if isinstance(kind, str):
        return kind
    return typed.rpartition(".")[2] if isinstance(typed, str) else ""


def _is_secret_path(path: str, kind: str) -> bool:
    """Whether an operation of a JSON patch sets what is hidden when it stands in the object."""
    if kind == "Secret" and (path in ("", "/") or path.startswith(("/data", "/stringData"))):
        return True
    return path.endswith(("/value", "/last-applied-configuration")) or "kubectl.kubernetes.io~1" in path


def known_safe(text: str) -> Clean:
    """A text of the product itself (a literal, a number, a digest): cleaned, not redacted."""
    return Clean(clean(text))
