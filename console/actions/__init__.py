"""The one shared action layer: plan, preflight, evidence gate, approve, apply, verify, watch, undo.

The runner owns the life of an action and is the only writer to a cluster. An action file supplies small pure or
async functions; it never sends a write itself.
"""
