"""The checklist, judged again whenever a fact changed."""

from __future__ import annotations

import asyncio
from typing import Any


class Checking:
    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    async def run(self) -> None:
        await asyncio.Event().wait()

    def refuse(self, item: str, state: str) -> None: ...
