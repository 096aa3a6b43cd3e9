"""The one place where tasks are started: each has a name, is kept, and a failure is never lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger("warroom.tasks")
AGAIN = 3.0
"""Seconds a task may take to clean up before it is told once more to end: a library may have eaten the first word."""


class Tasks:
    """Tasks of one owner. A task that fails calls `on_failure` (default: logs); `close()` ends all and waits."""

    def __init__(self, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._on_failure = on_failure

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task called `name`."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if self._on_failure:
            self._on_failure(task.get_name(), error)
        else:
            _log.error("task %s failed: %s", task.get_name(), type(error).__name__)

    async def close(self) -> None:
        """Cancel everything and wait until it has cleaned up."""
        running = set(self._running)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=AGAIN)
