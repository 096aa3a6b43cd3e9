"""Label and field selectors of list and watch, and label selectors of objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from console.drill.resources import Body
from console.drill.statuses import bad_request

Matcher = Callable[[Body], bool]

_REQUIREMENT = re.compile(
    r"^(?:(?P<not>!)?(?P<exists>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<setkey>[\w./-]+)\s+(?P<setop>in|notin)\s*\((?P<values>[^()]*)\))$"
)
_FIELDS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec.nodeName", "spec.serviceAccountName", "status.phase", "status.podIP", "spec.restartPolicy"),
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "reason",
        "type",
        "source",
        "reportingComponent",
    ),
    "Node": ("spec.unschedulable",),
    "Secret": ("type",),
    "Namespace": ("status.phase",),
    "Job": ("status.successful",),
    "CertificateSigningRequest": ("spec.signerName",),
}


def labels_of(obj: Body) -> Mapping[str, str]:
    """The object's labels."""
    return obj["metadata"].get("labels") or {}


def by_labels(text: str) -> Matcher:
    """The matcher of a `labelSelector` parameter. Raises `Failure` 400."""
    tests = [_label_test(part.strip()) for part in _split(text) if part.strip()]
    return lambda obj: all(test(labels_of(obj)) for test in tests)


def by_fields(kind: str, text: str) -> Matcher:
    """The matcher of a `fieldSelector` parameter. Raises `Failure` 400 for a field the server does not index."""
    tests = [_field_test(kind, part) for part in text.split(",") if part]
    return lambda obj: all(test(obj) for test in tests)


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels; an absent one selects nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(each, labels) for each in selector.get("matchExpressions") or ())


def selector_text(selector: Mapping[str, Any]) -> str:
    """A LabelSelector as the scale subresource writes it."""
    return ",".join(f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items()))


def _expression(each: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    has, value, values = each["key"] in labels, labels.get(each["key"]), each.get("values") or ()
    operator = each["operator"]
    if operator == "In":
        return has and value in values
    if operator == "NotIn":
        return not has or value not in values
    return has if operator == "Exists" else not has


def _split(text: str) -> list[str]:
    return re.split(r",(?![^()]*\))", text)


def _label_test(part: str) -> Callable[[Mapping[str, str]], bool]:
    found = _REQUIREMENT.match(part)
    if found is None:
        raise bad_request(f"unable to parse requirement: found '{part}', expected: identifier")
    if found["exists"]:
        key, wanted = found["exists"], not found["not"]
        return lambda labels: (key in labels) is wanted
    if found["key"]:
        key, value, equal = found["key"], found["value"], found["op"] != "!="
        return lambda labels: (labels.get(key) == value) is equal
    key, inside = found["setkey"], found["setop"] == "in"
    values = {value.strip() for value in found["values"].split(",")}
    return lambda labels: (labels.get(key) in values) is inside


def _field_test(kind: str, part: str) -> Matcher:
    name, operator, value = part.partition("!=") if "!=" in part else part.replace("==", "=").partition("=")
    if name not in ("metadata.name", "metadata.namespace", *_FIELDS.get(kind, ())):
        raise bad_request(f"field label not supported: {name}")
    equal = operator == "="
    return lambda obj: (_field(obj, name) == value) is equal


def _field(obj: Body, path: str) -> str:
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
