"""The live incident: one pipeline with one writer, immutable slices, and the Session port's implementation.

Sources and cluster are reached through their ports only. Whatever leaves here has passed `export()`.
"""
