"""Fixtures: an installation over the real control plane; its engine ends with the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.controlplane.fixtures import fresh_plane
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation


@pytest.fixture(scope="module")
def controlplane() -> Iterator[ControlPlane]:
    """One for each file, with an empty audit log: an engine here reads all of it, and the run's has seen everything."""
    with fresh_plane() as plane:
        yield plane


@pytest.fixture
def warroom(controlplane: ControlPlane) -> Iterator[Installation]:
    """`warroom` with the admin's kubeconfig, following the real audit log."""
    installation = Installation(controlplane.kubeconfig("admin"), controlplane.audit_log)
    yield installation
    installation.stop()
    shutil.rmtree(installation.state, ignore_errors=True)
