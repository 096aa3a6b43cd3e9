"""What tests of the runner share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.controlplane import ControlPlane


@pytest.fixture
def pair(controlplane: ControlPlane) -> Iterator[tuple[str, str]]:
    """Two nodes of the test's own, of a name nobody used before: the audit log is searched for it."""
    first, second = controlplane.nodes(2, f"pair-{uuid.uuid4().hex[:8]}")
    yield first, second
    controlplane.kubectl("delete", "node", first, second, "--ignore-not-found")
