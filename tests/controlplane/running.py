"""One running control plane: starts it, hands out kubeconfigs, kills and restarts its parts, stops it.

In: the binary and, perhaps, a seed. Out: a real API server whose audit log, nodes and answers to exec the tests hold.
It must not outlive the process that made it (`up.sh` watches that process), and must not touch any other cluster:
every call goes through its own kubeconfig files.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import psutil
import yaml

from tests.controlplane.binary import SOURCES, provide_binary
from tests.controlplane.waiting import eventually

Part = Literal["etcd", "apiserver", "controller-manager", "scheduler", "nodes"]
User = Literal["admin", "responder", "kcm", "scheduler", "kwok"]

PARTS: Final[tuple[Part, ...]] = ("etcd", "apiserver", "controller-manager", "scheduler", "nodes")
_BATCH = 50
"""Objects a call of kubectl applies: it takes a second each while the pods of thousands before them start."""
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}


def free_ports(count: int = 5) -> int:
    """The first of `count` neighbouring ports that nobody listens on, below the range of outgoing connections."""
    chooser = random.SystemRandom()
    for _ in range(200):
        first = chooser.randrange(20_000, 32_000, 5)
        if all(_is_free(first + offset) for offset in range(count)):
            return first
    raise RuntimeError("no five free neighbouring ports on loopback")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class ControlPlane:
    """A real control plane of our own; use it as a context manager or call `stop` or `destroy`."""

    def __init__(self, folder: Path | None = None, seed: Path | None = None, audit_policy: Path | None = None) -> None:
        self.binary: Final = provide_binary()
        self.folder: Final = folder or Path(tempfile.mkdtemp(prefix="warroom-cp-"))
        """State: certificates, kubeconfigs, logs of the parts, the audit log."""
        self.port: Final = free_ports()
        self._own_folder = folder is None
        self._up("up", SEED=str(seed or ""), AUDIT=str(audit_policy or ""), OWNER=str(os.getpid()))

    def __enter__(self) -> ControlPlane:
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def audit_log(self) -> Path:
        """The log the API server writes, one JSON event a line; rotated at 200 MB."""
        return self.folder / "audit.log"

    def kubeconfig(self, user: User = "admin") -> Path:
        """`admin` may do all, `responder` (group `ir-team`) nothing until a test grants it something."""
        return self.folder / f"{user}.kubeconfig"

    def log(self, part: Part) -> str:
        """What a part has written; canned execs are noted in that of `nodes`."""
        return (self.folder / f"{part}.log").read_text(errors="replace")

    def command(self, *args: str, user: User = "admin") -> list[str]:
        """The argument list of kubectl as this user, for tests that start it themselves."""
        return [str(self.binary), "kubectl", f"--kubeconfig={self.kubeconfig(user)}", *args]

    def kubectl(
        self,
        *args: str,
        user: User = "admin",
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        check: bool = True,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Runs kubectl to its end; with `check` an error carries what it printed."""
        done = subprocess.run(
            self.command(*args, user=user),
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=_ENVIRONMENT,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)} as {user}: exit {done.returncode}: {done.stderr.strip()}")
        return done

    def apply(self, *objects: Mapping[str, Any], user: User = "admin") -> None:
        """Creates or changes objects given as plain mappings."""
        for start in range(0, len(objects), _BATCH):
            bundle = {"apiVersion": "v1", "kind": "List", "items": list(objects[start : start + _BATCH])}
            self.kubectl("apply", "-f", "-", user=user, input=json.dumps(bundle), timeout=300)

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """One object as the API server has it now."""
        where = ["-n", namespace] if namespace else []
        answer: dict[str, Any] = json.loads(self.kubectl("get", kind, name, *where, "-o", "json").stdout)
        return answer

    def grant(
        self,
        rules: Sequence[Mapping[str, Any]],
        user: str = "responder",
        name: str = "granted",
        namespace: str | None = None,
    ) -> None:
        """Gives a user these RBAC rules, cluster-wide or in one namespace; the same name again replaces them."""
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        prefix = "" if namespace else "Cluster"
        api = "rbac.authorization.k8s.io"
        role = {"apiVersion": f"{api}/v1", "kind": f"{prefix}Role", "metadata": metadata, "rules": list(rules)}
        binding = {
            "apiVersion": f"{api}/v1",
            "kind": f"{prefix}RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": f"{prefix}Role", "name": name},
            "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
        }
        self.apply(role, binding)

    def ungrant(self, name: str = "granted", namespace: str | None = None) -> None:
        """Takes away what `grant` gave under this name."""
        kinds = "rolebinding,role" if namespace else "clusterrolebinding,clusterrole"
        where = ["-n", namespace] if namespace else []
        self.kubectl("delete", kinds, name, "--ignore-not-found", *where)

    def exec_rules(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the canned answers of exec, from the next call on; see exec.yaml for the keys."""
        target = self.folder / "exec.yaml"
        draft = target.with_suffix(".new")
        draft.write_text(yaml.safe_dump(list(rules)))
        draft.rename(target)

    def default_exec_rules(self) -> None:
        """Puts back the answers that a fresh control plane has."""
        self.exec_rules(yaml.safe_load((SOURCES / "exec.yaml").read_text()))

    def nodes(self, count: int, prefix: str = "node") -> list[str]:
        """Makes simulated nodes and waits until they are ready, five a second; at most 50 keep their leases."""
        names = [f"{prefix}-{index}" for index in range(count)]
        labels = {"type": "kwok", "node.kubernetes.io/instance-type": "m5.xlarge"}
        self.apply(
            *(
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "metadata": {"name": name, "labels": {**labels, "kubernetes.io/hostname": name}},
                }
                for name in names
            )
        )
        self.kubectl(
            "wait", "--for=condition=Ready", "--timeout=100s", *(f"node/{name}" for name in names), timeout=110
        )
        return names

    def namespaces(self, *names: str) -> None:
        """Makes namespaces and waits for their `default` accounts, without which no pod can be made in them."""
        self.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names))
        eventually(lambda: set(names) <= self._with_default_account(), every=0.02)

    def _with_default_account(self) -> set[str]:
        fields = [
            "--field-selector=metadata.name=default",
            "--no-headers",
            "-o",
            "custom-columns=N:.metadata.namespace",
        ]
        return set(self.kubectl("get", "serviceaccounts", "-A", *fields).stdout.split())

    def pid(self, part: Part) -> int:
        """The process of a part."""
        return int((self.folder / f"{part}.pid").read_text())

    def kill(self, part: Part) -> None:
        """Ends a part at once, as a crash would, and waits until it is gone."""
        _kill(self.pid(part))

    def start(self, part: Part) -> None:
        """Starts a killed part again; for the API server waits until it is ready."""
        self._up("start", part)

    def post_audit_to(self, url: str, token: str = "", authority: str = "", certificate: str = "") -> None:
        """Starts the API server again so that it posts audit events there too, in batches; the log goes on.

        Args:
            url: of the receiver.
            token: sent as bearer token, "" for none; without TLS the API server sends none.
            authority: path of the PEM file that signed the receiver's certificate.
            certificate: path of a PEM file with the client certificate and its key.
        """
        user = {"token": token} if token else {"client-certificate": certificate, "client-key": certificate}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "receiver",
                    "cluster": {"server": url} | ({"certificate-authority": authority} if authority else {}),
                }
            ],
            "users": [{"name": "apiserver", "user": user if token or certificate else {}}],
            "contexts": [{"name": "receiver", "context": {"cluster": "receiver", "user": "apiserver"}}],
            "current-context": "receiver",
        }
        path = self.folder / "audit-webhook.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        self.kill("apiserver")
        self.start("apiserver")

    def stop(self) -> None:
        """Ends all parts cleanly, in the order that is quick; the state folder can then become a seed."""
        self._up("stop")

    def destroy(self) -> None:
        """Ends all parts at once and forgets their state."""
        for part in reversed(PARTS):
            _kill(self.pid(part))
        if self._own_folder:
            _remove(self.folder)

    def seal(self, seed: Path) -> None:
        """Stops, and packs what another control plane can start from."""
        self.stop()
        draft = seed.with_suffix(f".{os.getpid()}")
        self._up("seed", str(draft))
        draft.rename(seed)

    def _up(self, *args: str, **environment: str) -> None:
        settings = {"D": str(self.folder), "CP": str(self.binary), "P": str(self.port), **environment}
        done = subprocess.run(
            ["bash", str(SOURCES / "up.sh"), *args],
            env=_ENVIRONMENT | settings,
            capture_output=True,
            text=True,
            timeout=240,
        )
        if done.returncode:
            raise RuntimeError(f"up.sh {' '.join(args)}: {done.stderr.strip() or done.stdout.strip()}")


def _kill(pid: int) -> None:
    """Kills and waits; our parts are children of init, so a zombie is init's to reap and counts as gone."""
    try:
        process = psutil.Process(pid)
        process.kill()
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    except psutil.NoSuchProcess:
        return


def _remove(folder: Path) -> None:
    """Logs may still be written by a process in its last moment."""
    for _ in range(20):
        subprocess.run(["rm", "-rf", str(folder)], check=False, capture_output=True)
        if not folder.exists():
            return
        time.sleep(0.1)
