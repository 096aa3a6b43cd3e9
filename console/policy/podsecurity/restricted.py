"""The controls of the restricted level: what a hardened container must say, beside all of the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from console.policy.podsecurity.baseline import proc_mount, profiles, unless_own_users
from console.policy.podsecurity.control import RESTRICTED, Control, Fault, Look
from console.policy.podsecurity.surface import Surface

_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)


def _escalation(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        security = container.security_context
        if security is None or security.allow_privilege_escalation is not False:
            field = f"{place}.securityContext.allowPrivilegeEscalation"
            yield field, f"container {container.name} does not say allowPrivilegeEscalation: false"


def _capabilities(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        held = container.security_context.capabilities if container.security_context else None
        if "ALL" not in ((held.drop if held else None) or ()):
            yield f"{place}.securityContext.capabilities.drop", f"container {container.name} does not drop ALL"
        more = [one for one in (held.add if held else None) or () if one != "NET_BIND_SERVICE"]
        if more:
            yield f"{place}.securityContext.capabilities.add", f"container {container.name} adds {', '.join(more)}"


def _volumes(pod: Surface) -> Iterator[Fault]:
    for number, volume in enumerate(pod.spec.volumes or ()):
        kinds = {name for name, value in volume.items() if name != "name" and value is not None}
        if kinds and not kinds & _VOLUMES:  # one without a kind is given an emptyDir
            kind = min(kinds)
            yield f"spec.volumes[{number}].{kind}", f"volume {volume.get('name', '')} is of kind {kind}"


def _non_root(pod: Surface) -> Iterator[Fault]:
    own = pod.spec.security_context
    said = own.run_as_non_root if own else None
    if said is False:
        yield "spec.securityContext.runAsNonRoot", "the pod says runAsNonRoot: false"
    for place, container in pod.containers:
        word = container.security_context.run_as_non_root if container.security_context else None
        field = f"{place}.securityContext.runAsNonRoot"
        if word is False:
            yield field, f"container {container.name} says runAsNonRoot: false"
        elif word is None and said is None:
            yield field, f"neither the pod nor container {container.name} says runAsNonRoot: true"


def _user(pod: Surface) -> Iterator[Fault]:
    own = pod.spec.security_context
    if own and own.run_as_user == 0:
        yield "spec.securityContext.runAsUser", "the pod runs as root"
    for place, container in pod.containers:
        if container.security_context and container.security_context.run_as_user == 0:
            yield f"{place}.securityContext.runAsUser", f"container {container.name} runs as root"


def _seccomp(pod: Surface) -> Iterator[Fault]:
    bad = list(profiles(pod, "seccomp_profile", "seccompProfile"))
    for field, kind in bad:
        yield field, f"seccomp profile {kind or 'without a type'}: only RuntimeDefault and Localhost filter"
    own = pod.spec.security_context
    if own and own.seccomp_profile and not any(field.startswith("spec.securityContext") for field, _ in bad):
        return
    for place, container in pod.containers:
        if not (container.security_context and container.security_context.seccomp_profile):
            field = f"{place}.securityContext.seccompProfile.type"
            yield field, f"neither the pod nor container {container.name} has a seccomp profile"


def _not_windows(look: Look) -> Look:
    """The same, but not asked of a pod for Windows."""

    def at(pod: Surface) -> Iterator[Fault]:
        return iter(()) if pod.windows else look(pod)

    return at


CONTROLS = (
    Control("allowPrivilegeEscalation", RESTRICTED, {8: _escalation, 25: _not_windows(_escalation)}),
    Control(
        "capabilities_restricted",
        RESTRICTED,
        {22: _capabilities, 25: _not_windows(_capabilities)},
        replaces="capabilities_baseline",
    ),
    Control("procMount_restricted", RESTRICTED, {35: proc_mount}, replaces="procMount"),
    Control("restrictedVolumes", RESTRICTED, {0: _volumes}, replaces="hostPathVolumes"),
    Control("runAsNonRoot", RESTRICTED, {0: _non_root, 35: unless_own_users(_non_root)}),
    Control("runAsUser", RESTRICTED, {23: _user, 35: unless_own_users(_user)}),
    Control(
        "seccompProfile_restricted",
        RESTRICTED,
        {19: _seccomp, 25: _not_windows(_seccomp)},
        replaces="seccompProfile_baseline",
    ),
)
