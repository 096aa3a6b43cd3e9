"""The installation of the engine's tests serves here too."""

from tests.engine.conftest import warroom

__all__ = ["warroom"]
