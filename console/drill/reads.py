"""Get, paged list, and logs on the simulated cluster, whole or as metadata."""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from console.drill.logs import Logs
from console.drill.resources import Address, Body, api_version
from console.drill.selectors import Matcher, by_fields, by_labels
from console.drill.statuses import bad_request, expired, not_found
from console.drill.store import Store
from console.model.ref import Kind

_KEPT_PAGES = 64
_META = "meta.k8s.io/v1"


class Reads:
    """The reading half of the API server."""

    def __init__(self, store: Store, logs: Logs) -> None:
        self._store = store
        self._logs = logs
        self._snapshots: OrderedDict[str, list[Body]] = OrderedDict()

    def get(self, at: Address, partial: bool) -> Body:
        """One object."""
        obj = self._store.get(at.kind.kind, at.namespace, at.name)
        if obj is None:
            raise not_found(at.kind, at.name)
        return as_partial(obj) if partial else obj

    def page(self, at: Address, query: Mapping[str, str], partial: bool) -> Body:
        """One page of a list. Every page of one list shows the same moment, as the real server's do."""
        limit = int(query.get("limit") or 0)
        if query.get("continue"):
            revision, start, rest = self._resume(query["continue"])
        else:
            keep = matcher(at, query)
            revision, start = str(self._store.revision), 0
            rest = [obj for obj in self._store.all(at.kind.kind, at.namespace) if keep(obj)]
        page = rest[start : start + limit] if limit else rest[start:]
        metadata: Body = {"resourceVersion": revision}
        left = len(rest) - start - len(page)
        if left > 0:
            metadata["continue"] = self._remember(revision, start + len(page), rest)
            metadata["remainingItemCount"] = left
        return _listing(at.kind, metadata, page, partial)

    def _remember(self, revision: str, start: int, rest: list[Body]) -> str:
        key = f"{revision}.{id(rest)}"
        self._snapshots[key] = rest
        self._snapshots.move_to_end(key)
        while len(self._snapshots) > _KEPT_PAGES:
            self._snapshots.popitem(last=False)
        token = msgspec.json.encode({"v": _META, "rv": int(revision), "start": str(start), "of": key})
        return base64.urlsafe_b64encode(token).decode().rstrip("=")

    def _resume(self, token: str) -> tuple[str, int, list[Body]]:
        try:
            found = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            key, revision, start = str(found["of"]), str(found["rv"]), int(found["start"])
        except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
        if key not in self._snapshots:
            raise expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new "
                "list without the continue parameter."
            )
        return revision, start, self._snapshots[key]

    def log(self, at: Address, query: Mapping[str, str], now: float) -> bytes:
        """Text of pods/log."""
        pod = self._store.get("Pod", at.namespace, at.name)
        if pod is None:
            raise not_found(at.kind, at.name)
        names = [each["name"] for each in pod["spec"]["containers"]]
        inits = [each["name"] for each in pod["spec"].get("initContainers") or ()]
        name = query.get("container", "")
        if not name and len(names) > 1:
            raise bad_request(
                f"a container name must be specified for pod {at.name}, choose one of: [{' '.join(names)}]"
            )
        name = name or names[0]
        if name not in (*names, *inits):
            raise bad_request(f"container {name} is not valid for pod {at.name}")
        return self._logs.text(pod, name, query, now)


def matcher(at: Address, query: Mapping[str, str]) -> Matcher:
    """What the selectors of a query keep; a name in the path counts as one."""
    tests: list[Matcher] = []
    if at.name:
        tests.append(lambda obj: bool(obj["metadata"]["name"] == at.name))
    if query.get("labelSelector"):
        tests.append(by_labels(query["labelSelector"]))
    if query.get("fieldSelector"):
        tests.append(by_fields(at.kind.kind, query["fieldSelector"]))
    return lambda obj: all(test(obj) for test in tests)


def wants_partial(accept: str) -> bool:
    """Whether metadata only was asked for."""
    return "as=PartialObjectMetadata" in accept


def as_partial(obj: Body) -> Body:
    """The object as metadata."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": obj["metadata"]}


def _listing(kind: Kind, metadata: Body, page: list[Body], partial: bool) -> Body:
    items: list[Any]
    if partial:
        head = {"kind": "PartialObjectMetadataList", "apiVersion": _META}
        items = [as_partial(obj) for obj in page]
    else:
        head = {"kind": f"{kind.kind}List", "apiVersion": api_version(kind)}
        items = [{key: value for key, value in obj.items() if key not in ("kind", "apiVersion")} for obj in page]
    return {**head, "metadata": metadata, "items": items}
