"""The pytest fixtures `controlplane` (one for the whole run) and `namespace` (a fresh one for each test)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controlplane.running import ControlPlane
from tests.means.cache import Missing, give_up

_numbers = itertools.count()


@contextmanager
def fresh_plane() -> Iterator[ControlPlane]:
    """A control plane of one's own with two nodes and an empty past: what others did is in nobody's audit log."""
    try:
        plane = ControlPlane()
    except Missing as missing:
        give_up("the control plane", missing)
    with plane:
        plane.nodes(2)
        yield plane


@pytest.fixture(scope="session")
def controlplane() -> Iterator[ControlPlane]:
    """A real control plane with two nodes, one for the run: put back what you change beyond `namespace`."""
    with fresh_plane() as plane:
        yield plane


@pytest.fixture
def namespace(controlplane: ControlPlane) -> Iterator[str]:
    """The name of a fresh namespace; it is deleted afterwards without waiting for the end of that."""
    name = f"test-{next(_numbers)}"
    controlplane.namespaces(name)
    yield name
    controlplane.kubectl("delete", "namespace", name, "--wait=false")
