"""The part of a pod that the Pod Security Standards look at.

In: the `metadata` and `spec` of a pod or pod template, as JSON values. Out: a `Surface`. Types are as strict as the
API server's: what it would refuse to decode is an error here, never silence; unknown fields are left out, as there.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from console.errors import BadInput
from console.model.meta import Part

T = TypeVar("T")


class Profile(Part):
    type: str | None = None


class SELinux(Part):
    user: str | None = None
    role: str | None = None
    type: str | None = None


class Windows(Part):
    host_process: bool | None = None


class Capabilities(Part):
    add: list[str] | None = None
    drop: list[str] | None = None


class HostAction(Part):
    host: str | None = None


class Handler(Part):
    """A probe or a lifecycle hook."""

    http_get: HostAction | None = None
    tcp_socket: HostAction | None = None


class Lifecycle(Part):
    post_start: Handler | None = None
    pre_stop: Handler | None = None


class Security(Part):
    """What a pod and a container can both say; a container's word goes before its pod's."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    se_linux_options: SELinux | None = None
    seccomp_profile: Profile | None = None
    app_armor_profile: Profile | None = None
    windows_options: Windows | None = None


class ContainerSecurity(Security):
    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    capabilities: Capabilities | None = None
    proc_mount: str | None = None


class Sysctl(Part):
    name: str | None = None


class PodSecurity(Security):
    sysctls: list[Sysctl] | None = None


class Port(Part):
    container_port: int | None = None
    host_port: int | None = None


class Container(Part):
    name: str | None = None
    image: str | None = None
    security_context: ContainerSecurity | None = None
    ports: list[Port] | None = None
    liveness_probe: Handler | None = None
    readiness_probe: Handler | None = None
    startup_probe: Handler | None = None
    lifecycle: Lifecycle | None = None


class System(Part):
    name: str | None = None


class Spec(Part):
    os: System | None = None
    host_network: bool | None = None
    host_pid: bool | None = msgspec.field(default=None, name="hostPID")
    host_ipc: bool | None = msgspec.field(default=None, name="hostIPC")
    host_users: bool | None = None
    security_context: PodSecurity | None = None
    volumes: list[dict[str, Any]] | None = None
    """Kept whole: which field a volume has says what it is."""
    init_containers: list[Container] | None = None
    containers: list[Container] | None = None
    ephemeral_containers: list[Container] | None = None


class _Meta(Part):
    annotations: dict[str, str | None] | None = None


def _decoded(value: Any, to: type[T], name: str) -> T:
    try:
        return msgspec.convert(value, to)
    except msgspec.ValidationError as error:
        raise BadInput(str(error).replace("`$", f"`{name}")) from None


class Surface:
    """A pod, ready to be judged.

    Args:
        metadata: of the pod or template; only annotations are read.
        spec: of the pod or template.
        template: it stands in a workload. The API server gives a pod in the host's network, but no template, the ports
            of its containers as host ports before it is judged.

    Raises:
        BadInput: a field has a type that no API server accepts; the text names it.
    """

    def __init__(self, metadata: Any, spec: Any, *, template: bool = False) -> None:
        self.spec = _decoded(spec or {}, Spec, "spec")
        annotations = _decoded(metadata or {}, _Meta, "metadata").annotations or {}
        self.annotations = {name: value or "" for name, value in annotations.items()}
        self.host_ports = bool(self.spec.host_network) and not template
        groups = (
            ("initContainers", self.spec.init_containers),
            ("containers", self.spec.containers),
            ("ephemeralContainers", self.spec.ephemeral_containers),
        )
        self.containers = [
            (f"spec.{group}[{number}]", container)
            for group, containers in groups
            for number, container in enumerate(containers or ())
        ]
        """Of all three kinds, each with its path."""

    @property
    def windows(self) -> bool:
        """The pod says it is for Windows nodes: what only Linux knows is not asked of it."""
        return self.spec.os is not None and self.spec.os.name == "windows"

    @property
    def own_users(self) -> bool:
        """It has a user namespace of its own: root in it is nobody on the node."""
        return self.spec.host_users is False
