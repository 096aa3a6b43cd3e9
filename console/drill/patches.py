"""The three kinds of patch our actions send: JSON merge, strategic merge, JSON patch. Pure.

Strategic merge knows the merge keys of the fields we patch; a list it does not know is replaced whole, as the API
does for lists without a merge strategy.
"""

from __future__ import annotations

import copy
from typing import Any

from console.drill.statuses import Failure, bad_request

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "env": "name",
    "ports": "containerPort",
    "ownerReferences": "uid",
    "conditions": "type",
    "secrets": "name",
    "imagePullSecrets": "name",
    "webhooks": "name",
}
_SETS = frozenset({"finalizers"})


def patched(content_type: str, obj: Any, patch: Any) -> Any:
    """A new object: `obj` with `patch` applied. Raises `Failure`."""
    if content_type == JSON:
        return _json_patch(obj, patch)
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    return _merge(obj, patch) if content_type == MERGE else _strategic(obj, patch)


def _merge(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = _merge(new.get(key), value)
    return new


def _strategic(old: Any, patch: dict[str, Any]) -> dict[str, Any]:
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    new: dict[str, Any] = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            new[name] = [item for item in new.get(name) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            new.pop(key, None)
        elif isinstance(value, dict):
            new[key] = _strategic(new.get(key), value)
        else:
            new[key] = _strategic_list(key, new.get(key), value) if isinstance(value, list) else value
    return new


def _strategic_list(name: str, old: Any, patch: list[Any]) -> list[Any]:
    if name in _SETS:
        return [*(old or ()), *(item for item in patch if item not in (old or ()))]
    by = _MERGE_KEYS.get(name)
    if by is None or not all(isinstance(item, dict) for item in patch):
        return copy.deepcopy(patch)
    if any(item.get("$patch") == "replace" for item in patch):
        return [copy.deepcopy(item) for item in patch if item.get("$patch") != "replace"]
    new = list(old or ())
    for item in patch:
        at = next((index for index, each in enumerate(new) if each.get(by) == item.get(by)), None)
        if item.get("$patch") == "delete":
            new = [each for each in new if each.get(by) != item.get(by)]
        elif at is None:
            new.append(copy.deepcopy(item))
        else:
            new[at] = _strategic(new[at], item)
    return new


def _json_patch(obj: Any, patch: Any) -> Any:
    if not isinstance(patch, list):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    new = copy.deepcopy(obj)
    for operation in patch:
        try:
            _operate(new, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            text = "the server rejected our request due to an error in our request"
            raise Failure(422, "Invalid", text, {}) from error
    return new


def _operate(root: Any, operation: dict[str, Any]) -> None:
    *parents, last = _pointer(operation["path"])
    at = root
    for part in parents:
        at = at[int(part)] if isinstance(at, list) else at[part]
    verb = operation["op"]
    if verb == "add":
        _add(at, last, copy.deepcopy(operation["value"]))
        return
    key: Any = int(last) if isinstance(at, list) else last
    if verb == "test":
        if at[key] != operation["value"]:
            raise ValueError("test failed")
    elif verb == "remove":
        del at[key]
    elif verb == "replace":
        _ = at[key]
        at[key] = copy.deepcopy(operation["value"])
    else:
        raise ValueError(verb)


def _add(at: Any, last: str, value: Any) -> None:
    if not isinstance(at, list):
        at[last] = value
    elif last == "-":
        at.append(value)
    else:
        at.insert(int(last), value)


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
