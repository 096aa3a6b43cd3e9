"""What the tests of a watch look at: the cache, and everything it told."""

from __future__ import annotations

from console.cluster.live import LiveCluster
from console.model.objects import Obj
from console.ports.cluster import View
from tests.console.cluster.faults import until


def names(view: View) -> set[str]:
    return {obj.metadata.name for obj in view.all()}


class Heard:
    """Every change the cluster told, in order."""

    def __init__(self, cluster: LiveCluster) -> None:
        self.changes: list[tuple[str, str]] = []
        self.versions: dict[str, int] = {}
        self.went_back = 0
        cluster.listen(self._hear)

    def _hear(self, verb: str, kind: str, obj: Obj, previous: Obj | None) -> None:
        self.changes.append((verb, obj.metadata.name))
        version = int(obj.metadata.resource_version)
        if previous and verb == "updated" and version <= int(previous.metadata.resource_version):
            self.went_back += 1

    def of(self, verb: str) -> list[str]:
        return [name for told, name in self.changes if told == verb]


async def live(cluster: LiveCluster) -> View:
    view = cluster.view("Pod")
    await until(lambda: view.health.state == "live")
    return view
