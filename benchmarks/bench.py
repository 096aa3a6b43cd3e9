"""What the rows of one run share: one control plane at a time, by number of pods, and how long and often to measure."""

from __future__ import annotations

from pathlib import Path

from tests.controlplane import ControlPlane
from tests.controlplane.seeding import provide_seed


class Bench:
    """One run of the benchmarks; `close` it.

    Args:
        rounds: how often starts are measured.
        seconds: how long rates are measured.
        given: kubeconfigs by number of pods of clusters that run already.
        k9s: binary of the peer to measure beside, if there is one.
    """

    def __init__(
        self, rounds: int = 15, seconds: float = 20, given: dict[int, Path] | None = None, k9s: Path | None = None
    ) -> None:
        self.rounds, self.seconds, self.k9s = rounds, seconds, k9s
        self._given = given or {}
        self._plane: ControlPlane | None = None
        self._pods = -1

    def cluster(self, pods: int) -> Path:
        """Kubeconfig of a cluster with so many pods (0: two empty nodes)."""
        if pods in self._given:
            return self._given[pods]
        return self.plane(pods).kubeconfig()

    def plane(self, pods: int) -> ControlPlane:
        """A control plane of our own with so many pods."""
        if self._plane is None or self._pods != pods:
            self.close()
            self._plane, self._pods = ControlPlane(seed=provide_seed(pods) if pods else None), pods
        return self._plane

    def close(self) -> None:
        """End what runs."""
        if self._plane is not None:
            self._plane.destroy()
            self._plane = None
