"""Standing weaknesses of a cluster or of manifests: Pod Security, RBAC, exposure, secrets, network, audit.

In: objects as JSON values (`manifest`), read from files (`reading`) or from an API server (`console.bootstrap`). Out:
`Weakness`es (`scanning`). Every look is pure; nothing here calls a cluster, and nothing is changed.
"""
