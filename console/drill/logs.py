"""What containers have written: lines from the scenario by image, each with its time. No container runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.drill.resources import Body
from console.drill.statuses import bad_request
from console.drill.times import epoch, micros

_EVERY = 7.0
"""Seconds between two lines of a container."""
_MOST = 400


class Logs:
    """Canned logs: `images` maps a part of an image name to the lines that a container of it repeats."""

    def __init__(self, images: Mapping[str, Sequence[str]]) -> None:
        self._images = images

    def text(self, pod: Body, container: str, query: Mapping[str, str], now: float) -> bytes:
        """Lines since the pod started, shortened as asked. Raises `Failure` 400 while there is no container."""
        name, started = pod["metadata"]["name"], pod.get("status", {}).get("startTime")
        if query.get("previous") in ("true", "1"):
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        if started is None or pod.get("status", {}).get("phase") == "Pending":
            raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating')
        rows = self._rows(pod, container, epoch(started), now)
        if query.get("sinceSeconds"):
            rows = [row for row in rows if row[0] >= now - float(query["sinceSeconds"])]
        if query.get("tailLines"):
            tail = int(query["tailLines"])
            rows = rows[-tail:] if tail else []
        stamped = query.get("timestamps") in ("true", "1")
        lines = (f"{micros(at)} {text}" if stamped else text for at, text in rows)
        data = "".join(f"{line}\n" for line in lines).encode()
        return data[: int(query["limitBytes"])] if query.get("limitBytes") else data

    def _rows(self, pod: Body, container: str, started: float, now: float) -> list[tuple[float, str]]:
        spec: list[Any] = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
        image = next(each["image"] for each in spec if each["name"] == container)
        lines = next((lines for part, lines in self._images.items() if part in image), ("started",))
        count = min(_MOST, max(1, int((now - started) / _EVERY) + 1))
        return [(started + index * _EVERY, lines[index % len(lines)]) for index in range(count)]
