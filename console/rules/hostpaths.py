"""Which paths of a node give its credentials, its configuration or all of it to a pod that mounts them."""

from __future__ import annotations

import re2

_WHOLE = re2.compile(r"^/(var|usr|mnt|opt|var/lib|var/log|lib|lib64|usr/lib|dev|sys|host)?$")
_BELOW = re2.compile(
    r"^/(etc|root|home|proc|boot|bin|sbin|usr/bin|usr/sbin|usr/local/bin|run|var/run|sys|srv/kubernetes|opt/cni|opt/bin"
    r"|var/spool/cron|var/log/(pods|containers|audit|kubernetes|kube-apiserver)|lib/systemd|usr/lib/systemd"
    r"|var/lib/(kubelet|docker|containerd|containers|crio|etcd|rancher|k0s|cni|cloud|waagent|google|dockershim|toolbox)"
    r"|dev/(mem|kmem|port|disk|mapper|sd[a-z]|nvme|xvd|vd[a-z]|loop))(/|$|[0-9])"
)
_HARMLESS = re2.compile(
    r"^/(etc/(localtime|timezone|hosts|hostname|resolv\.conf|machine-id|os-release|ssl(/certs)?|ca-certificates"
    r"|pki/(ca-trust|tls/certs)|nsswitch\.conf)|run/(xtables\.lock|udev|dbus|flannel|calico|cilium|systemd/resolve)"
    r"|var/run/(calico|cilium|flannel)|sys/fs/(bpf|cgroup)|sys/class|sys/devices|proc/(meminfo|cpuinfo|stat|loadavg))(/|$)"
)


def is_sensitive(path: str) -> bool:
    """Whether mounting this path of the node reaches beyond an application's own data."""
    if _WHOLE.search(path):
        return True
    return bool(_BELOW.search(path)) and not _HARMLESS.search(path)
