"""Who is behind a request, by the structure of the name alone: what kind of identity, and which program it says it is.

Kinds: `none` (no valid credential), `anonymous`, `apiserver`, `controller` (the controller manager, its accounts and
the scheduler), `node`, `provider` (names a cloud reserves for itself, on a cluster seen to be that cloud's), `account`
(a service account), `system`, `person` (everyone else: certificates, OIDC, cloud users).
A kind is no pardon: rules say what each kind does as its job, and what it never does.
"""

from __future__ import annotations

from collections.abc import Callable

from console.model.audit import AuditUser
from console.model.provider import AKS, EKS, GKE

_ACCOUNT = "system:serviceaccount:"
_NODE = "system:node:"
_CONTROL = frozenset(
    {
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "system:cloud-controller-manager",
        "cloud-controller-manager",
    }
)
_ACCOUNTS = (
    "attachdetach-controller bootstrap-signer certificate-controller clusterrole-aggregation-controller "
    "cronjob-controller daemon-set-controller deployment-controller device-taint-eviction-controller "
    "disruption-controller endpoint-controller endpointslice-controller endpointslicemirroring-controller "
    "ephemeral-volume-controller expand-controller generic-garbage-collector horizontal-pod-autoscaler "
    "job-controller legacy-service-account-token-cleaner namespace-controller node-controller "
    "persistent-volume-binder pod-garbage-collector podcertificaterequestcleaner pv-protection-controller "
    "pvc-protection-controller replicaset-controller replication-controller resource-claim-controller "
    "resourcequota-controller root-ca-cert-publisher kube-apiserver-serving-clustertrustbundle-publisher "
    "route-controller selinux-warning-controller service-account-controller service-cidrs-controller "
    "service-controller statefulset-controller storage-version-garbage-collector storage-version-migrator-controller "
    "taint-eviction-controller tls-bootstrap-approver token-cleaner ttl-after-finished-controller ttl-controller "
    "validatingadmissionpolicy-status-controller volumeattributesclass-protection-controller"
)
CONTROLLER_ACCOUNTS = frozenset(_ACCOUNTS.split())
"""Accounts in kube-system under which the controllers of Kubernetes itself act."""
_RESERVED = ("eks:", "aws:", "amazon:", "iam:")
_SERVICES = frozenset({"aksService", "hcpService", "nodeclient", "acsService"})
_ROBOT = "@container-engine-robot.iam.gserviceaccount.com"


_OF_PROVIDER: dict[str, Callable[[str], bool]] = {
    EKS: lambda name: name.startswith(_RESERVED),
    AKS: lambda name: name in _SERVICES,
    GKE: lambda name: name.endswith(_ROBOT),
}


def kind_of(username: str, provider: str = "") -> str:
    """The kind of identity of an authenticated name. `provider`: whose cluster it is, "" for nobody's."""
    if not username:
        return "none"
    if username.startswith(_ACCOUNT):
        space, _, name = username[len(_ACCOUNT) :].partition(":")
        return "controller" if space == "kube-system" and name in CONTROLLER_ACCOUNTS else "account"
    if username.startswith(_NODE):
        return "node"
    if username == "system:apiserver":
        return "apiserver"
    if username == "system:anonymous":
        return "anonymous"
    if username in _CONTROL:
        return "controller"
    if username.startswith("system:"):
        return "system"
    if provider in _OF_PROVIDER and _OF_PROVIDER[provider](username):
        return "provider"
    return "person"


def account_of(username: str) -> tuple[str, str]:
    """Namespace and name of a service account; ("", "") for anyone else."""
    if not username.startswith(_ACCOUNT):
        return "", ""
    space, _, name = username[len(_ACCOUNT) :].partition(":")
    return space, name


def extra(user: AuditUser, name: str) -> str:
    """First value of one of the authenticator's extras (`pod-name`, `node-name`, `credential-id`)."""
    values = (user.extra or {}).get(f"authentication.kubernetes.io/{name}")
    return values[0] if values else ""
