"""Items whose facts no source of this build brings. They are unknown, with the reason in words: unknown never ticks.

When a source brings such a fact its line here goes, and a real check takes the id.
"""

from __future__ import annotations

from console.checks.base import check
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

_FLOWS = "no source of network flows (Hubble, Calico, conntrack) is connected"
_GITOPS = "Argo CD and Flux objects are not watched"
_VALUES = "values of Secrets are never read here, so nothing shows that they changed"
_RESTORE = "backup objects (Velero, VolumeSnapshot) are not watched"

UNOBSERVED: dict[str, str] = {
    "alerts.triaged": "neither Grafana nor Alertmanager is asked: no source here reads firing alerts",
    "connections.triaged": _FLOWS,
    "evidence.disk": "VolumeSnapshots are not watched, and disks of nodes are seen by their provider only",
    "destination.blocked": _FLOWS,
    "change.frozen": f"{_GITOPS}, and no CI is asked whether it is paused",
    "secrets.rotated": _VALUES,
    "supply.rotated": _VALUES,
    "sensors.ready": "no canary of a runtime sensor (Falco, Tetragon) comes back here, and seccomp is not watched",
    "gate.replay": "no action of this build tries the steps of the attack again",
    "backup.whole": _RESTORE,
    "data.restored": _RESTORE,
    "drift.judged": f"the desired state is not known: {_GITOPS}",
    "watch.heightened": "alert rules outside this tool are not read, and no test alert arrives here",
    "rules.replayed": "no action of this build plays the recorded timeline through the rules",
}
"""Why each of these checks has no answer."""


def _unobserved(id: str, why: str) -> None:  # noqa: A002 - the field's name
    def judge(facts: Facts, target: ResourceRef) -> Verdict:
        return Verdict(None, why)

    check(id)(judge)


for _id, _why in UNOBSERVED.items():
    _unobserved(_id, _why)
