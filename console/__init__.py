"""warroom: a terminal war room for a breached Kubernetes cluster.

This package root holds the version and nothing that imports a screen or a client.
"""

__version__ = "0.1.0"
