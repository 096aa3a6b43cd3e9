"""All actions of the product, registered once: what keys, palette, command line, checklist and docs present."""

from __future__ import annotations

from console.actions.alert.silence import AlertSilence
from console.actions.alert.unsilence import AlertUnsilence
from console.actions.contain.cut_streams import StreamCut
from console.actions.contain.delete_pod import PodDelete
from console.actions.contain.quarantine import PodQuarantine
from console.actions.contain.release import PodRelease
from console.actions.evidence.pod import EvidencePod
from console.actions.identity.replace import SaReplace
from console.actions.identity.revoke import SaRevoke
from console.actions.identity.unrevoke import SaUnrevoke
from console.actions.node.cordon import NodeCordon
from console.actions.node.uncordon import NodeUncordon
from console.actions.registry import Registry
from console.actions.workload.resume import WorkloadResume
from console.actions.workload.suspend import WorkloadSuspend


def all_actions() -> Registry:
    """A register with every action, in the order people are shown them."""
    registry = Registry()
    for action in (
        EvidencePod(),
        PodQuarantine(),
        PodRelease(),
        PodDelete(),
        WorkloadSuspend(),
        WorkloadResume(),
        NodeCordon(),
        NodeUncordon(),
        SaRevoke(),
        SaUnrevoke(),
        SaReplace(),
        StreamCut(),
        AlertSilence(),
        AlertUnsilence(),
    ):
        registry.add(action)
    return registry
