"""Whether an API answer is the object that was asked for. Pure.

In: a decoded answer to a GET of one object. Out: the object, or `Unreachable`. A captive portal, a proxy or another
server answers 200 too: nothing may be planned on that. Whether it is the same incarnation is asked elsewhere.
"""

from __future__ import annotations

from typing import Any

from console.errors import Unreachable
from console.model.ref import ResourceRef

METADATA = "PartialObjectMetadata"
"""The kind of an object whose metadata alone was asked for."""


def the_object(answer: Any, ref: ResourceRef) -> dict[str, Any]:
    """The answer as an object of this kind, namespace and name, with a uid. Raises `Unreachable` for anything else."""
    if wrong := _difference(answer, ref):
        raise Unreachable(
            f"The answer to get {ref.kind} {ref} is not what was asked for ({wrong}); is this the API server? "
            "Check server and proxy in the kubeconfig, and the network."
        )
    found: dict[str, Any] = answer
    return found


def _difference(answer: Any, ref: ResourceRef) -> str:
    if not isinstance(answer, dict):
        return "it is no object"
    if answer.get("kind") not in (ref.kind, METADATA):
        return f"its kind is {_shown(answer.get('kind'))}"
    meta = answer.get("metadata")
    if not isinstance(meta, dict):
        return "it has no metadata"
    if meta.get("name") != ref.name:
        return f"its name is {_shown(meta.get('name'))}"
    if (meta.get("namespace") or "") != ref.namespace:
        return f"its namespace is {_shown(meta.get('namespace'))}"
    uid = meta.get("uid")
    return "" if isinstance(uid, str) and uid else "it has no uid"


def _shown(value: Any) -> str:
    return repr(value[:80]) if isinstance(value, str) and value else "not given"
