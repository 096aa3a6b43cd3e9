"""Service accounts, roles, bindings, signing requests and secrets (never their values), pruned."""

from __future__ import annotations

import msgspec

from console.model.meta import Condition, KeyRef, LabelSelector, Obj, Part


class ServiceAccount(Obj):
    automount_service_account_token: bool | None = None
    secrets: list[KeyRef] | None = None
    image_pull_secrets: list[KeyRef] | None = None


class PolicyRule(Part):
    verbs: list[str] = []
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    non_resource_urls: list[str] | None = msgspec.field(default=None, name="nonResourceURLs")


class AggregationRule(Part):
    cluster_role_selectors: list[LabelSelector] | None = None


class Role(Obj):
    """Role or ClusterRole."""

    rules: list[PolicyRule] | None = None
    aggregation_rule: AggregationRule | None = None


class Subject(Part):
    kind: str = ""
    api_group: str = ""
    name: str = ""
    namespace: str = ""


class RoleRef(Part):
    api_group: str = ""
    kind: str = ""
    name: str = ""


class Binding(Obj):
    """RoleBinding or ClusterRoleBinding."""

    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)
    subjects: list[Subject] | None = None


class SigningRequestSpec(Part):
    username: str = ""
    groups: list[str] | None = None
    signer_name: str = ""


class SigningRequestStatus(Part):
    conditions: list[Condition] | None = None


class SigningRequest(Obj):
    """CertificateSigningRequest."""

    spec: SigningRequestSpec = msgspec.field(default_factory=SigningRequestSpec)
    status: SigningRequestStatus = msgspec.field(default_factory=SigningRequestStatus)


class SecretMeta(Obj):
    """A Secret as metadata and type; values never enter this process this way."""

    type: str = ""
