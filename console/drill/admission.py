"""What a write goes through before it is kept: checks of names and references, rights handed on.

In: a new object and who writes it. Out: the object as it will be kept, or a `Failure` in the server's words.
Only what our actions and the attacker can get wrong is checked.
"""

from __future__ import annotations

import re

from console.drill.authorizing import Authorizer, Wish
from console.drill.callers import Caller
from console.drill.resources import Body
from console.drill.statuses import Failure, forbidden, invalid, not_found
from console.drill.store import Store
from console.model.ref import Kind

_LABEL = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
_KEY = re.compile(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_BAD_LABEL = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_BAD_NAME = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_RBAC_KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_RBAC_GROUP = "rbac.authorization.k8s.io"


def check(kind: Kind, obj: Body, old: Body | None) -> None:
    """Names, labels, required and immutable fields. Raises `Failure` 422."""
    name = obj["metadata"]["name"]
    if kind.group != _RBAC_GROUP and not _NAME.match(name):
        raise invalid(kind, name, "metadata.name", f'Invalid value: "{name}": {_BAD_NAME}')
    for key, value in (obj["metadata"].get("labels") or {}).items():
        if not _KEY.match(key):
            raise invalid(kind, name, "metadata.labels", f'Invalid value: "{key}": name part must be a valid label')
        if not isinstance(value, str) or not _LABEL.match(value):
            raise invalid(kind, name, "metadata.labels", f'Invalid value: "{value}": {_BAD_LABEL}')
        if len(value) > 63:
            raise invalid(kind, name, "metadata.labels", f'Invalid value: "{value}": must be no more than 63 bytes')
    if kind.kind == "Pod" and not obj.get("spec", {}).get("containers"):
        raise invalid(kind, name, "spec.containers", "Required value", "FieldValueRequired")
    for index, each in enumerate(obj.get("spec", {}).get("policyTypes") or ()):
        if kind.kind == "NetworkPolicy" and each not in ("Ingress", "Egress"):
            why = f'Unsupported value: "{each}": supported values: "Egress", "Ingress"'
            raise invalid(kind, name, f"spec.policyTypes[{index}]", why, "FieldValueNotSupported")
    if old is not None:
        _check_change(kind, obj, old)


def _check_change(kind: Kind, obj: Body, old: Body) -> None:
    name = obj["metadata"]["name"]
    if kind.kind.endswith("Binding") and obj.get("roleRef") != old.get("roleRef"):
        ref = obj.get("roleRef") or {}
        shown = f'{{"APIGroup":"{ref.get("apiGroup")}","Kind":"{ref.get("kind")}","Name":"{ref.get("name")}"}}'
        raise invalid(kind, name, "roleRef", f"Invalid value: {shown}: cannot change roleRef")
    selecting = kind.kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")
    if selecting and obj["spec"].get("selector") != old["spec"].get("selector"):
        raise invalid(kind, name, "spec.selector", "Invalid value: field is immutable")
    if kind.kind == "Pod" and _fixed(obj["spec"]) != _fixed(old["spec"]):
        why = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
            "negative)"
        )
        raise invalid(kind, name, "spec", why, "FieldValueForbidden")


def _fixed(spec: Body) -> Body:
    """A pod's spec without what may change."""
    changing = ("nodeName", "tolerations", "activeDeadlineSeconds", "containers", "initContainers")
    kept = {key: value for key, value in spec.items() if key not in changing}
    for group in ("containers", "initContainers"):
        kept[group] = [{k: v for k, v in each.items() if k != "image"} for each in spec.get(group) or ()]
    return kept


def admit(store: Store, access: Authorizer, caller: Caller, kind: Kind, obj: Body, old: Body | None) -> None:
    """Admission beyond the schema: accounts of pods, rights handed on. Raises `Failure` 403 or 404."""
    metadata = obj["metadata"]
    if kind.kind == "Pod" and old is None:
        account = obj["spec"]["serviceAccountName"]
        if store.get("ServiceAccount", metadata["namespace"], account) is None:
            why = f'error looking up service account {metadata["namespace"]}/{account}: serviceaccount "{account}" '
            raise forbidden(kind, metadata["name"], why + "not found")
    if kind.kind in _RBAC_KINDS and "system:masters" not in caller.groups:
        refused = _escalates(access, caller, kind, obj, old)
        if refused is not None:
            raise refused


def _escalates(access: Authorizer, caller: Caller, kind: Kind, obj: Body, old: Body | None) -> Failure | None:
    """Nobody hands on a right they do not hold, unless they may `bind` that role or `escalate`."""
    where, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    if kind.kind.endswith("Binding"):
        ref = obj["roleRef"]
        if old is not None and old.get("subjects") == obj.get("subjects"):
            return None
        plural = "roles" if ref["kind"] == "Role" else "clusterroles"
        if access.decide(caller.user, caller.groups, Wish("bind", _RBAC_GROUP, plural, where, ref["name"]))[0]:
            return None
        rules = access.role_rules(ref, where)
        if rules is None:
            return not_found(Kind(ref["kind"], plural, _RBAC_GROUP, namespaced=bool(where)), ref["name"])
    else:
        if old is not None and old.get("rules") == obj.get("rules"):
            return None
        if access.decide(caller.user, caller.groups, Wish("escalate", _RBAC_GROUP, kind.plural, where, name))[0]:
            return None
        rules = list(obj.get("rules") or ())
    missing = access.may_grant(caller.user, caller.groups, rules, where)
    if not missing:
        return None
    groups = " ".join(f'"{group}"' for group in caller.groups)
    held = "\n".join(_shown(rule) for rule in missing)
    why = f'user "{caller.user}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n'
    return forbidden(kind, name, why + held)


def _shown(rule: Body) -> str:
    parts = (
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    )
    texts = [f"{title}:[{' '.join(_quoted(v) for v in rule[key])}]" for title, key in parts if rule.get(key)]
    return "{" + ", ".join(texts) + "}"


def _quoted(value: str) -> str:
    return f'"{value}"'
