"""The controllers of the simulated cluster: what a cluster does by itself, one small round at a time.

Each looks at the store and writes through the API server under its own identity, as the real ones do, so its writes
stand in the audit log and in managedFields. Nothing happens at once: a round is half a second of the drill's clock.
"""
