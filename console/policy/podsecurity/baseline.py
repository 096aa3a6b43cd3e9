"""The controls of the baseline level: what lets a container out onto its node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.policy.podsecurity.control import BASELINE, Control, Fault, Look
from console.policy.podsecurity.surface import Handler, SELinux, Surface

_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_PROFILES = frozenset({"RuntimeDefault", "Localhost"})
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD, _SECCOMP = "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/"
_SYSCTLS = {
    0: """kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range
    net.ipv4.ip_unprivileged_port_start""",
    27: "net.ipv4.ip_local_reserved_ports",
    29: """net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl
    net.ipv4.tcp_keepalive_probes""",
    32: "net.ipv4.tcp_rmem net.ipv4.tcp_wmem",
    37: "net.ipv4.tcp_slow_start_after_idle net.ipv4.tcp_notsent_lowat",
}
"""What each version added to the sysctls that are harmless. 37: kubernetes/kubernetes#138389."""
_SELINUX = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})


def profiles(pod: Surface, name: str, path: str) -> Iterator[tuple[str, str]]:
    """Every profile of that attribute that is neither the runtime's own nor a file on the node: field and type."""
    if (own := pod.spec.security_context) and (profile := getattr(own, name)) and profile.type not in _PROFILES:
        yield f"spec.securityContext.{path}.type", profile.type or ""
    for place, container in pod.containers:
        security = container.security_context
        if security and (profile := getattr(security, name)) and profile.type not in _PROFILES:
            yield f"{place}.securityContext.{path}.type", profile.type or ""


def _app_armor(pod: Surface) -> Iterator[Fault]:
    for field, kind in profiles(pod, "app_armor_profile", "appArmorProfile"):
        yield field, f"AppArmor profile {kind or 'without a type'}: only RuntimeDefault and Localhost confine"
    for name, value in sorted(pod.annotations.items()):
        if name.startswith(_APP_ARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/"):
            yield f"metadata.annotations[{name}]", f"AppArmor profile {value} by annotation"


def _capabilities(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        held = container.security_context.capabilities if container.security_context else None
        more = [one for one in (held.add if held else None) or () if one not in _CAPABILITIES]
        if more:
            yield f"{place}.securityContext.capabilities.add", f"container {container.name} adds {', '.join(more)}"


def _host_namespaces(pod: Surface) -> Iterator[Fault]:
    spec = pod.spec
    shared = {"network": spec.host_network, "PID": spec.host_pid, "IPC": spec.host_ipc}
    for name, told in shared.items():
        if told:
            yield f"spec.host{name[0].upper()}{name[1:]}", f"the pod shares the node's {name} namespace"


def _host_paths(pod: Surface) -> Iterator[Fault]:
    for number, volume in enumerate(pod.spec.volumes or ()):
        if volume.get("hostPath") is not None:
            path = volume["hostPath"].get("path", "") if isinstance(volume["hostPath"], dict) else ""
            yield f"spec.volumes[{number}].hostPath", f"volume {volume.get('name', '')} is {path} of the node"


def _host_ports(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        given = pod.host_ports and not place.startswith("spec.ephemeral")
        for number, port in enumerate(container.ports or ()):
            taken = port.host_port or (port.container_port if given else 0)
            if taken:
                yield f"{place}.ports[{number}].hostPort", f"container {container.name} takes port {taken} of the node"


def _host_probes(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        hooks = container.lifecycle
        handlers: tuple[tuple[str, Handler | None], ...] = (
            ("livenessProbe", container.liveness_probe),
            ("readinessProbe", container.readiness_probe),
            ("startupProbe", container.startup_probe),
            ("lifecycle.postStart", hooks.post_start if hooks else None),
            ("lifecycle.preStop", hooks.pre_stop if hooks else None),
        )
        for name, handler in handlers:
            for way, action in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket)) if handler else ():
                if action and action.host:
                    yield f"{place}.{name}.{way}.host", f"container {container.name} makes the node call {action.host}"


def _privileged(pod: Surface) -> Iterator[Fault]:
    for place, container in pod.containers:
        if container.security_context and container.security_context.privileged:
            yield f"{place}.securityContext.privileged", f"container {container.name} is privileged"


def proc_mount(pod: Surface) -> Iterator[Fault]:
    """A /proc without its masks."""
    for place, container in pod.containers:
        mount = container.security_context.proc_mount if container.security_context else None
        if mount not in (None, "Default"):
            yield f"{place}.securityContext.procMount", f"container {container.name} mounts /proc {mount}"


def unless_own_users(look: Look) -> Look:
    """The same, but not asked of a pod with a user namespace of its own."""

    def at(pod: Surface) -> Iterator[Fault]:
        return iter(()) if pod.own_users else look(pod)

    return at


def _selinux(types: Iterable[str]) -> Look:
    allowed = frozenset(types)

    def look(pod: Surface) -> Iterator[Fault]:
        for place, options in _selinux_options(pod):
            if (options.type or "") not in allowed:
                yield f"{place}.type", f"SELinux type {options.type}"
            for name, value in (("user", options.user), ("role", options.role)):
                if value:
                    yield f"{place}.{name}", f"SELinux {name} {value}: it may not be chosen"

    return look


def _selinux_options(pod: Surface) -> Iterator[tuple[str, SELinux]]:
    if pod.spec.security_context and (options := pod.spec.security_context.se_linux_options):
        yield "spec.securityContext.seLinuxOptions", options
    for place, container in pod.containers:
        if container.security_context and (options := container.security_context.se_linux_options):
            yield f"{place}.securityContext.seLinuxOptions", options


def _seccomp_annotations(pod: Surface) -> Iterator[Fault]:
    names = [_SECCOMP_POD, *(f"{_SECCOMP}{container.name}" for _, container in pod.containers)]
    for name in dict.fromkeys(names):
        value = pod.annotations.get(name)
        if value is not None and value not in ("runtime/default", "docker/default") and value[:10] != "localhost/":
            yield f"metadata.annotations[{name}]", f"seccomp profile {value} by annotation"


def _seccomp(pod: Surface) -> Iterator[Fault]:
    for field, kind in profiles(pod, "seccomp_profile", "seccompProfile"):
        yield field, f"seccomp profile {kind or 'without a type'}: only RuntimeDefault and Localhost filter"


def _sysctls(names: str) -> Look:
    allowed = frozenset(names.split())

    def look(pod: Surface) -> Iterator[Fault]:
        security = pod.spec.security_context
        for number, one in enumerate((security.sysctls if security else None) or ()):
            if one.name not in allowed:
                yield f"spec.securityContext.sysctls[{number}].name", f"sysctl {one.name} reaches beyond the pod"

    return look


def _windows(pod: Surface) -> Iterator[Fault]:
    own = pod.spec.security_context
    if own and own.windows_options and own.windows_options.host_process:
        yield "spec.securityContext.windowsOptions.hostProcess", "the pod runs as processes of the node"
    for place, container in pod.containers:
        security = container.security_context
        if security and security.windows_options and security.windows_options.host_process:
            field = f"{place}.securityContext.windowsOptions.hostProcess"
            yield field, f"container {container.name} runs as a process of the node"


CONTROLS = (
    Control("appArmorProfile", BASELINE, {0: _app_armor}),
    Control("capabilities_baseline", BASELINE, {0: _capabilities}),
    Control("hostNamespaces", BASELINE, {0: _host_namespaces}),
    Control("hostPathVolumes", BASELINE, {0: _host_paths}),
    Control("hostPorts", BASELINE, {0: _host_ports}),
    Control("hostProbesAndHostLifecycle", BASELINE, {34: _host_probes}),
    Control("privileged", BASELINE, {0: _privileged}),
    Control("procMount", BASELINE, {0: proc_mount, 35: unless_own_users(proc_mount)}),
    Control("seLinuxOptions", BASELINE, {0: _selinux(_SELINUX), 31: _selinux(_SELINUX | {"container_engine_t"})}),
    Control("seccompProfile_baseline", BASELINE, {0: _seccomp_annotations, 19: _seccomp}),
    Control(
        "sysctls",
        BASELINE,
        {minor: _sysctls(" ".join(names for since, names in _SYSCTLS.items() if since <= minor)) for minor in _SYSCTLS},
    ),
    Control("windowsHostProcess", BASELINE, {0: _windows}),
)
