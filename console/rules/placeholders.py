"""Named lists that rules share by `|expand: '%name%'`: one place says what a workload or a system namespace is."""

from __future__ import annotations

from console.rules.callers import CONTROLLER_ACCOUNTS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "pod_carriers": _words(
        "pods podtemplates replicationcontrollers replicasets deployments statefulsets daemonsets jobs cronjobs "
        "rollouts deploymentconfigs clonesets services"
    ),
    "workloads": _words("deployments statefulsets daemonsets replicasets replicationcontrollers jobs cronjobs"),
    "roles": ("roles", "clusterroles"),
    "bindings": ("rolebindings", "clusterrolebindings"),
    "rbac": ("roles", "clusterroles", "rolebindings", "clusterrolebindings"),
    "webhooks": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    "pod_kinds": _words("Pod Deployment ReplicaSet StatefulSet DaemonSet Job CronJob"),
    "role_kinds": ("Role", "ClusterRole"),
    "binding_kinds": ("RoleBinding", "ClusterRoleBinding"),
    "webhook_kinds": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    "writes": ("create", "update", "patch"),
    "deletes": ("delete", "deletecollection"),
    "reads": ("get", "list", "watch"),
    "system_namespaces": ("kube-system", "kube-public", "kube-node-lease"),
    "node_namespaces": _words(  # of agents that work on the node itself: storage, network, devices, sensors
        "kube-system longhorn-system rook-ceph openebs portworx gpu-operator nvidia-gpu-operator calico-system "
        "tigera-operator cilium kube-flannel metallb-system"
    ),
    "watching_namespaces": _words(
        "kube-system monitoring prometheus observability kube-prometheus-stack cattle-monitoring-system "
        "openshift-monitoring datadog newrelic opencost"
    ),
    "hand_tools": _words("kubectl helm oc k9s kustomize argocd flux terraform pulumi helmfile skaffold"),
    "everyone": _words("system:anonymous system:unauthenticated system:authenticated system:serviceaccounts"),
    "controller_accounts": tuple(sorted(CONTROLLER_ACCOUNTS)),
    "sockets": _words(
        "/var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /var/run/containerd/containerd.sock "
        "/run/containerd /var/run/containerd /run/crio/crio.sock /var/run/crio/crio.sock /run/crio /var/run/crio "
        "/var/run/dockershim.sock /run/k3s/containerd/containerd.sock /run/k3s/containerd /run/cri-dockerd.sock "
        "/var/run/cri-dockerd.sock /run/podman/podman.sock /var/run /run"
    ),
}
