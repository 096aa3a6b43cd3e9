"""Bodies as they are sent: the plan's bytes plus the identity and version of the object read just before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.actions.comparing import body_of
from console.actions.pinning import canonical
from console.model.plan import Step


def freshened(step: Step, before: Mapping[str, Any]) -> bytes:
    """The step's body bound to exactly this state of the object: any other and the server answers 409."""
    meta = before.get("metadata") or {}
    uid, version = meta.get("uid"), meta.get("resourceVersion")
    body = body_of(step.call)
    if isinstance(body, list):
        # `replace` and not `test`: a failed test is a 422, a stale version the conflict that it is.
        ids = [
            {"op": "replace", "path": "/metadata/uid", "value": uid},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ]
        return canonical([*ids, *body])
    if step.call.method == "DELETE":
        wanted = {"uid": uid, "resourceVersion": version}
        return canonical({"apiVersion": "v1", "kind": "DeleteOptions", **body, "preconditions": wanted})
    if step.call.path.endswith("/eviction"):
        options = {**body.get("deleteOptions", {}), "preconditions": {"uid": uid, "resourceVersion": version}}
        return canonical({**body, "deleteOptions": options})
    return canonical({**body, "metadata": {**body.get("metadata", {}), "uid": uid, "resourceVersion": version}})
