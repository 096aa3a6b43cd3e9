"""Reads of whole objects. Secrets are asked for as metadata, so that their values never enter this process."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from console.errors import ApiStatus, DataError, Unreachable, next_step
from console.model.matching import METADATA, the_object
from console.model.ref import BY_KIND, Kind, ResourceRef
from console.ports.cluster import Cluster, Reply, Request

_VALUES = ("Secret", "ConfigMap")
"""Kinds whose values never enter this process."""
PAGE = 500
MOST = 200
"""Pages of one listing: 100,000 objects."""
_META = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def accepts(ref: ResourceRef) -> str:
    """The Accept header for one object, also of the answer to a write."""
    return _META if ref.kind in _VALUES else "application/json"


async def read(cluster: Cluster, ref: ResourceRef) -> dict[str, Any] | None:
    """The object now, None for 404. Raises `ApiStatus` for other failures, `Unreachable` if it is another object."""
    if ref.kind not in _VALUES:
        found = await cluster.fetch(ref)
        return None if found is None else the_object(found, ref)
    kind = BY_KIND[ref.kind]
    reply = await cluster.send(Request("GET", kind.path(ref.namespace, ref.name), accept=accepts(ref)))
    if reply.status == 404:
        return None
    return without_values(the_object(checked(reply, f"{ref.kind} {ref}").json(), ref), ref.kind)


async def read_all(cluster: Cluster, kind: Kind, namespace: str, labels: str, fields: str) -> list[dict[str, Any]]:
    """Whole objects of a kind, all pages."""
    query = [("limit", str(PAGE))]
    query += [("labelSelector", labels)] if labels else []
    query += [("fieldSelector", fields)] if fields else []
    accept = f"{_TABLE},{_META}List" if kind.kind in _VALUES else "application/json"
    found: list[dict[str, Any]] = []
    following = ""
    for _ in range(MOST):
        more = (("continue", following),) if following else ()
        reply = await cluster.send(Request("GET", kind.path(namespace), (*query, *more), accept=accept), within=30)
        page = _the_list(checked(reply, f"The list of {kind.plural}").json(), kind)
        found += _items(page, kind)
        following = (page.get("metadata") or {}).get("continue") or ""
        if not following:
            return found
    raise DataError(f"There are more than {PAGE * MOST:,} {kind.plural}; narrow it down to a namespace.")


def checked(reply: Reply, what: str) -> Reply:
    """The reply if it is a success. Raises `ApiStatus` with the server's own words."""
    if 200 <= reply.status < 300:
        return reply
    words, reason = status_words(reply)
    told = f"{what}: the API server answered {reply.status}: {words.rstrip('.')}.{next_step(reply.status)}"
    raise ApiStatus(told, reply.status, reason)


def status_words(reply: Reply) -> tuple[str, str]:
    """Message and reason of a failure, as far as the answer is a Status."""
    try:
        said = reply.json()
    except Exception:  # whatever it is, it is no Status: the bytes themselves are shown
        said = None
    if isinstance(said, dict) and said.get("kind") == "Status":
        return str(said.get("message") or "no message"), str(said.get("reason") or "")
    return reply.body[:200].decode("utf-8", "replace") or "no message", ""


def server_time(reply: Reply) -> float:
    """Epoch seconds of the API server's clock, 0.0 when it does not say."""
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return 0.0


def without_values(obj: dict[str, Any], kind: str) -> dict[str, Any]:
    """A Secret (or ConfigMap) as metadata and type, whatever the server sent. Other objects as they are."""
    if kind not in _VALUES:
        return obj
    meta = dict(obj.get("metadata") or {})
    if notes := meta.get("annotations"):
        meta["annotations"] = {key: value for key, value in notes.items() if key != _LAST_APPLIED}
    kept = {"apiVersion": "v1", "kind": kind, "metadata": meta}
    return kept | ({"type": obj["type"]} if "type" in obj else {})


def _the_list(page: Any, kind: Kind) -> dict[str, Any]:
    """The page if it is one of this kind: an empty answer of something else must not read as "there are none"."""
    if not isinstance(page, dict) or page.get("kind") not in (f"{kind.kind}List", f"{METADATA}List", "Table"):
        raise Unreachable(
            f"The answer to list {kind.plural} is not what was asked for; is this the API server? "
            "Check server and proxy in the kubeconfig, and the network."
        )
    return page


def _items(page: dict[str, Any], kind: Kind) -> list[dict[str, Any]]:
    if page.get("kind") == "Table":
        columns = [column.get("name") for column in page.get("columnDefinitions") or ()]
        where = columns.index("Type") if "Type" in columns else -1
        return [
            without_values({**row["object"], **({"type": row["cells"][where]} if where >= 0 else {})}, kind.kind)
            for row in page.get("rows") or ()
        ]
    return [without_values(item, kind.kind) for item in page.get("items") or ()]
