"""The action layer over the real control plane, as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cluster.acting import Acting, acting_on
from tests.controlplane import ControlPlane


@pytest.fixture
async def acting(controlplane: ControlPlane, tmp_path: Path) -> AsyncIterator[Acting]:
    """As the admin of a real cluster."""
    async with acting_on(controlplane, tmp_path) as layer:
        yield layer
