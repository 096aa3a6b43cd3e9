"""A cluster that comes up: nodes join, controller manager and scheduler start anew and lead by a lease."""

from __future__ import annotations

import subprocess

from tests.cluster.programs import kubelet
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually


def joins(plane: ControlPlane, name: str) -> None:
    """A node's agent registers its node, with the node's own identity, and it becomes ready."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "type": "kwok",
    }
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
    kubelet(plane, name).call("POST", "/api/v1/nodes", node)
    plane.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"node/{name}")


def elects_leaders(plane: ControlPlane) -> None:
    """Both end, come back as they run elsewhere, take leases and go on. The autoscaler looks every two seconds."""
    elected = ("--leader-elect=true", "--leader-elect-lease-duration=15s")
    manager = (
        *("controller-manager", "--kubeconfig=kcm.kubeconfig", "--service-account-private-key-file=sa.key"),
        *("--root-ca-file=ca.crt", "--use-service-account-credentials=true", "--controllers=*,-nodeipam,-route"),
        *("--secure-port=0", "--cluster-signing-cert-file=ca.crt", "--cluster-signing-key-file=ca.key"),
        *("--kube-api-qps=500", "--kube-api-burst=1000", "--horizontal-pod-autoscaler-sync-period=2s", *elected),
    )
    scheduler = ("scheduler", "--kubeconfig=scheduler.kubeconfig", "--secure-port=0", *elected)
    for part, command in (("controller-manager", manager), ("scheduler", scheduler)):
        plane.kill(part)  # type: ignore[arg-type]
        run = 'setsid "$@" >>"$0.log" 2>&1 </dev/null & echo $! >"$0.pid"'  # as up.sh does, which others then end
        subprocess.run(["bash", "-c", run, part, plane.binary, *command], cwd=plane.folder, check=True)
    wanted = {"kube-controller-manager", "kube-scheduler"}
    names = ("-n", "kube-system", "get", "leases", "-o", "jsonpath={.items[?(@.spec.holderIdentity)].metadata.name}")
    eventually(lambda: wanted <= set(plane.kubectl(*names).stdout.split()), timeout=40, every=0.5)
