"""One API server: kubeconfig gate, login, HTTP transport, list and watch, cache of pruned objects, access reviews.

In: a kubeconfig or a pod's own account. Out: the ports of `console.ports.cluster`. Values stay raw; nothing here
draws, journals or decides. `kubernetes` is imported in this folder only, and never on the way to the first list.
"""
