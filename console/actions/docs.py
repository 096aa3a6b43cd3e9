"""What is generated from the registry: docs/actions.md, and the ClusterRole with exactly the rights that are used.

Pure: declarations in, text out. A test holds every action to the rights it declares on a real API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from console.actions.registry import Registry
from console.errors import BadInput
from console.model.action import ActionSpec, Danger, Right
from console.model.ref import KINDS

_HEAD = """# Actions

Generated from the action registry; do not edit. `x` is the leader key, everything is also in the palette (`ctrl+p`),
on the command line (`warroom contain ID KIND/NAME`) and behind the checklist items that name it.

Every action goes `plan → preflight → evidence gate → approve → apply → verify → watch → undo`. It is *effective* only
when that was observed; what is left, what could not be checked and what nobody can see stand beside it.

| class | meaning | who approves |
|---|---|---|
"""
_APPROVES = {
    Danger.D0: "anyone, also READ-ONLY",
    Danger.D1: "one armed seat",
    Danger.D2: "one armed seat",
    Danger.D3: "an armed seat and a second person, or break-glass with a typed reason",
}
_WATCHED = ("get", "list", "watch")
_METADATA_ONLY = ("Secret", "ConfigMap")


def render(registry: Registry) -> str:
    """docs/actions.md."""
    specs = registry.specs()
    classes = "".join(f"| {danger} | {danger.words} | {_APPROVES[danger]} |\n" for danger in Danger)
    rows = "".join(
        f"| `{spec.id}` | {_key(spec)} | {spec.danger} | {', '.join(spec.targets)} | {_undo(spec)} |\n"
        for spec in specs
        if not spec.inverse_of
    )
    table = f"\n| id | key | class | targets | undo |\n|---|---|---|---|---|\n{rows}"
    return _HEAD + classes + table + "".join(_section(spec) for spec in specs)


def cluster_role(registry: Registry, families: Sequence[str] = (), user: str = "", name: str = "on-call") -> str:
    """A ClusterRole as YAML: what is watched, and what the actions of these families (none given: all) use.

    With `user` its binding follows; a service account is written `system:serviceaccount:NAMESPACE:NAME`, as the API
    server calls it. The name is neutral on purpose: who attacks the cluster reads its roles too.
    """
    known = sorted({spec.family for spec in registry.specs()})
    if unknown := [family for family in families if family not in known]:
        raise BadInput(f"No family of actions is called {unknown[0]!r}; there are: {', '.join(known)}.")
    specs = [spec for spec in registry.specs() if not families or spec.family in families]
    rights = {Right(right.verb, right.resource, right.group) for spec in specs for right in spec.rights}
    for kind in KINDS:
        if kind.kind not in _METADATA_ONLY:
            rights |= {Right(verb, kind.plural, kind.group) for verb in _WATCHED}
    rights.add(Right("create", "selfsubjectaccessreviews", "authorization.k8s.io"))
    rights.add(Right("create", "subjectaccessreviews", "authorization.k8s.io"))
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": _rules(rights),
    }
    return "---\n".join(yaml.safe_dump(part, sort_keys=False) for part in (role, *_binding(name, user)))


def _binding(name: str, user: str) -> list[dict[str, Any]]:
    if not user:
        return []
    api = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
        }
    ]


def _rules(rights: Iterable[Right]) -> list[dict[str, list[str]]]:
    """One rule for each group and set of verbs, so that no right is given that nobody asked for."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for right in rights:
        verbs.setdefault((right.group, right.resource), set()).add(right.verb)
    resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), used in sorted(verbs.items()):
        resources.setdefault((group, tuple(sorted(used))), []).append(resource)
    return [
        {"apiGroups": [group], "resources": named, "verbs": list(used)}
        for (group, used), named in sorted(resources.items())
    ]


def _key(spec: ActionSpec) -> str:
    return f"`{spec.keys}`" if spec.keys else "palette"


def _undo(spec: ActionSpec) -> str:
    return f"`{spec.undo}`" if spec.undo else "–"


def _section(spec: ActionSpec) -> str:
    lines = [f"\n## {spec.id}\n", f"{spec.title}. Class {spec.danger} ({spec.danger.words}).\n", f"{spec.help}\n"]
    if spec.inverse_of:
        lines.append(f"Undo of `{spec.inverse_of}`: offered by the undo register only.\n")
    elif spec.undo:
        lines.append(f"Undo: `{spec.undo}`. {spec.undo_why}".rstrip() + "\n")
    else:
        lines.append(f"No undo: {spec.undo_why}\n")
    if spec.destroys:
        lines.append("It destroys evidence: what is lost is captured first, or skipping that is typed and on record.\n")
    for param in spec.params:
        choices = f" One of {', '.join(param.choices)}." if param.choices else ""
        default = f" Default: {param.default}." if param.default else " Needed." if param.required else ""
        lines.append(f"- `{param.name}` ({param.kind}): {param.help.rstrip('.')}.{choices}{default}")
    if spec.params:
        lines.append("")
    lines.append(f"Rights: {', '.join(f'`{right}`' for right in sorted(spec.rights)) or 'none beyond watching'}.\n")
    if spec.attack:
        lines.append(f"Answers: {', '.join(spec.attack)}.\n")
    return "\n".join(lines)
