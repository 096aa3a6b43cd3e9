"""What is allowed: NetworkPolicy and RBAC, evaluated from objects as read. Pure: no I/O, no clock, no cluster.

The API server's own answer (an access review) beats these wherever one can be had; they say *why*, and what is left.
"""
