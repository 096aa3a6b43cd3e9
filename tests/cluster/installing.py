"""Helm itself at work: charts shaped after the widely used ones, with the roles that those bring."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cluster.day import Day
from tests.cluster.everyday import Person
from tests.cluster.programs import Program, in_pod
from tests.means.helm import provide_helm

CHARTS = Path(__file__).with_name("charts")
CERTGEN = "kube-webhook-certgen/v0.0.0 (linux/amd64) kubernetes/$Format"
_WAIT = ("--wait", "--timeout=60s")


def helm(who: Person, namespace: str, *args: str) -> str:
    """Runs Helm with a person's kubeconfig; returns what it printed."""
    home = who.kubeconfig.parent / "helm"
    homes = {f"HELM_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [str(provide_helm()), "-n", namespace, *args],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **homes, "KUBECONFIG": str(who.kubeconfig)},
    )
    assert done.returncode == 0, f"helm {args}: {done.stderr}"
    return done.stdout


def chart(name: str) -> str:
    """Where a chart lies."""
    return str(CHARTS / name)


def installs_monitoring(day: Day) -> None:
    """Two charts, looked at, upgraded, rolled back, upgraded by installing again, one taken away."""
    olga, namespace = day.olga, day.namespace
    for name in ("kube-state-metrics", "prometheus"):
        helm(olga, namespace, "install", name, chart(name), *_WAIT)
    helm(olga, namespace, "list", "-A")
    helm(olga, namespace, "status", "prometheus")
    helm(olga, namespace, "upgrade", "prometheus", chart("prometheus"), "--set=retention=15d", *_WAIT)
    helm(olga, namespace, "upgrade", "--install", "kube-state-metrics", chart("kube-state-metrics"), "--atomic",
         "--set=image.tag=v2.17.0", "--timeout=60s")  # fmt: skip
    helm(olga, namespace, "history", "prometheus")
    helm(olga, namespace, "rollback", "prometheus", "1", *_WAIT)
    helm(olga, namespace, "get", "values", "prometheus", "--all")
    helm(olga, namespace, "upgrade", "prometheus", chart("prometheus"), "--dry-run=server")
    helm(olga, namespace, "uninstall", "kube-state-metrics", "--wait")


def installs_ingress(day: Day) -> None:
    """An ingress controller; its hook jobs make a certificate and put it into the webhook; then the controller runs."""
    olga, namespace, release = day.olga, day.namespace, "ingress-nginx"
    helm(olga, namespace, "install", release, chart(release))  # without waiting: no cloud gives the Service an address
    olga.kubectl("-n", namespace, "rollout", "status", f"deployment/{release}-controller", "--timeout=40s")
    with day.record.left_out():  # simulated pods of jobs end before anybody could fetch a token for them
        token = day.plane.kubectl("-n", namespace, "create", "token", f"{release}-admission").stdout.strip()
    _gives_certificate(Program(day.plane, CERTGEN, token), namespace, f"{namespace}-{release}-admission", day.authority)
    controller = in_pod(day.plane, namespace, release, "nginx-ingress-controller/v1.13.0 (linux/amd64) ingress-nginx/1")
    for kind in ("secrets", "services", "endpoints", "pods"):
        controller.informs(f"/api/v1/{kind}")
    controller.leads(namespace, "ingress-nginx-leader")
    helm(olga, namespace, "upgrade", release, chart(release), "--set=image.tag=v1.13.1")
    helm(olga, namespace, "uninstall", release)


def _gives_certificate(program: Program, namespace: str, webhook: str, authority: str) -> None:
    """What the hook jobs' program does: a secret of its own, the authority into the webhook's configuration."""
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    program.call("GET", f"{secrets}/ingress-nginx-admission", check=False)
    secret = {"metadata": {"name": "ingress-nginx-admission"}, "data": {"ca": "eA==", "cert": "eA==", "key": "eA=="}}
    program.call("POST", secrets, {"apiVersion": "v1", "kind": "Secret", **secret})
    hooks = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{webhook}"
    found = program.call("GET", hooks)
    for one in found["webhooks"]:
        one["clientConfig"]["caBundle"] = authority
    program.call("PUT", hooks, found)
