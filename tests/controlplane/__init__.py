"""A real Kubernetes control plane on loopback, with simulated nodes, for tests and benchmarks.

In: the Go sources beside this file, built once into the cache. Out: `ControlPlane`, the pytest fixtures
`controlplane` and `namespace`, seeds with thousands of pods, and `python -m tests.controlplane` for people.
Nothing that a client asks for is ever run on this machine: exec is answered from a file.
"""

from tests.controlplane.running import ControlPlane, Part

__all__ = ["ControlPlane", "Part"]
