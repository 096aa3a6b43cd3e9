"""Installation and control plane of the engine's tests serve here too: one for each file, with an empty past."""

from tests.engine.conftest import controlplane, warroom

__all__ = ["controlplane", "warroom"]
