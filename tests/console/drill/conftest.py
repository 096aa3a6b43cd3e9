"""Fixtures of the drill's tests."""

from __future__ import annotations

import pytest

from tests.console.drill.lab import Lab


@pytest.fixture
def lab() -> Lab:
    """The shop before the attack."""
    return Lab()
