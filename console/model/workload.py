"""Pods, nodes, workloads, budgets and Events, pruned."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.meta import Condition, LabelSelector, Metadata, Obj, Part, TargetRef


class Capabilities(Part):
    add: list[str] | None = None


class SecurityContext(Part):
    privileged: bool | None = None
    capabilities: Capabilities | None = None
    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    allow_privilege_escalation: bool | None = None


class ContainerPort(Part):
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"


class Container(Part):
    name: str = ""
    image: str = ""
    security_context: SecurityContext | None = None
    ports: list[ContainerPort] | None = None


class HostPath(Part):
    path: str = ""


class SecretVolume(Part):
    secret_name: str = ""


class ClaimVolume(Part):
    claim_name: str = ""


class Volume(Part):
    name: str = ""
    host_path: HostPath | None = None
    secret: SecretVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None


class PodSpec(Part):
    node_name: str = ""
    service_account_name: str = ""
    automount_service_account_token: bool | None = None
    host_network: bool = False
    host_pid: bool = msgspec.field(default=False, name="hostPID")
    host_ipc: bool = msgspec.field(default=False, name="hostIPC")
    containers: list[Container] = []
    init_containers: list[Container] | None = None
    ephemeral_containers: list[Container] | None = None
    volumes: list[Volume] | None = None


class ContainerState(Part):
    """Which of its states a container is in; when and why is left out, so that equal ones are kept once."""

    running: Part | None = None
    terminated: Part | None = None


class ContainerStatus(Part):
    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    ready: bool = False
    restart_count: int = 0
    state: ContainerState | None = None


class PodStatus(Part):
    phase: str = ""
    reason: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    host_ip: str = msgspec.field(default="", name="hostIP")
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    ephemeral_container_statuses: list[ContainerStatus] | None = None


class Pod(Obj):
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class Taint(Part):
    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(Part):
    unschedulable: bool = False
    provider_id: str = msgspec.field(default="", name="providerID")
    taints: list[Taint] | None = None


class NodeAddress(Part):
    type: str = ""
    address: str = ""


class NodeInfo(Part):
    kubelet_version: str = ""
    machine_id: str = msgspec.field(default="", name="machineID")
    boot_id: str = msgspec.field(default="", name="bootID")
    kernel_version: str = ""
    container_runtime_version: str = ""


class NodeStatus(Part):
    conditions: list[Condition] | None = None
    addresses: list[NodeAddress] | None = None
    node_info: NodeInfo = msgspec.field(default_factory=NodeInfo)


class Node(Obj):
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class TemplateSpec(Part):
    service_account_name: str = ""
    node_selector: dict[str, str] | None = None
    host_network: bool = False
    host_pid: bool = msgspec.field(default=False, name="hostPID")
    host_ipc: bool = msgspec.field(default=False, name="hostIPC")
    volumes: list[Volume] | None = None
    containers: list[Container] = []
    init_containers: list[Container] | None = None


class Template(Part):
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: TemplateSpec = msgspec.field(default_factory=TemplateSpec)


class JobSpec(Part):
    template: Template | None = None


class JobTemplate(Part):
    spec: JobSpec = msgspec.field(default_factory=JobSpec)


class WorkloadSpec(Part):
    replicas: int | None = None
    paused: bool = False
    suspend: bool | None = None
    schedule: str = ""
    selector: LabelSelector | None = None
    template: Template | None = None
    job_template: JobTemplate | None = None
    """Of a CronJob."""


class WorkloadStatus(Part):
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    active: Any = None
    """Number of active pods of a Job; list of references for a CronJob."""
    current_number_scheduled: int = 0
    desired_number_scheduled: int = 0
    number_ready: int = 0
    last_schedule_time: str | None = None
    last_successful_time: str | None = None
    """When a Job of a CronJob last completed."""


class Workload(Obj):
    """Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or CronJob."""

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)


class BudgetSpec(Part):
    min_available: Any = None
    max_unavailable: Any = None
    selector: LabelSelector | None = None


class BudgetStatus(Part):
    disruptions_allowed: int = 0


class Budget(Obj):
    """PodDisruptionBudget."""

    spec: BudgetSpec = msgspec.field(default_factory=BudgetSpec)
    status: BudgetStatus = msgspec.field(default_factory=BudgetStatus)


class Event(Obj):
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 0
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    involved_object: TargetRef = msgspec.field(default_factory=TargetRef)
