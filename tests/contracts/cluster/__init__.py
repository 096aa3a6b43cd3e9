"""What actions and checks rely on of a cluster: one suite over every `Transport`, so that the drill cannot lie.

Each test asks for `cluster_under_test`, a `Ground` (see `ground.py`): a transport, a fresh namespace, a way to put
objects there, and `until`, which waits for what controllers do.

To run the suite over another implementation:

1. In `conftest.py` write a fixture `<name>_ground` that yields a `Ground`. `transport` is yours; `namespace` is a
   namespace that exists and has its `default` account; `tick` lets some time pass (the real one sleeps 50 ms; a
   simulated one advances its own clock); `grant` gives the user `someone` RBAC rules in the namespace.
2. Add `<name>` to `IMPLEMENTATIONS` in `conftest.py`.

Nothing else changes. What only one implementation can do does not belong here.
"""
