"""All controllers, one round at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.drill.controllers.deployments import deployments, replicasets
from console.drill.controllers.garbage import collect
from console.drill.controllers.hand import Hand, controller, scheduler
from console.drill.controllers.jobs import cronjobs, jobs
from console.drill.controllers.kubelets import Kubelets
from console.drill.controllers.scheduling import schedule, taint_cordoned
from console.drill.controllers.services import accounts, budgets, endpoints
from console.drill.controllers.sets import daemonsets, statefulsets
from console.drill.server import SimServer

ROUND = 0.5
"""Seconds between two rounds."""

_CONTROLLERS: tuple[tuple[str, Callable[[Hand], None]], ...] = (
    ("service-account-controller", accounts),
    ("deployment-controller", deployments),
    ("replicaset-controller", replicasets),
    ("statefulset-controller", statefulsets),
    ("daemon-set-controller", daemonsets),
    ("cronjob-controller", cronjobs),
    ("job-controller", jobs),
    ("generic-garbage-collector", collect),
    ("endpointslice-controller", endpoints),
    ("disruption-controller", budgets),
    ("node-controller", taint_cordoned),
)
CONTROLLER_NAMES = tuple(name for name, _ in _CONTROLLERS)


class Rounds:
    """The controllers, the scheduler and the kubelets of one cluster."""

    def __init__(self, server: SimServer, works: Mapping[str, float] | None = None) -> None:
        self._hands = [(controller(server, name), work) for name, work in _CONTROLLERS]
        self._scheduler = scheduler(server)
        self._kubelets = Kubelets(server, works or {})

    def round(self) -> None:
        """Let each look once."""
        for hand, work in self._hands:
            work(hand)
        schedule(self._scheduler)
        self._kubelets.round()
