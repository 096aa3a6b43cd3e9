"""Settings of one run: options, environment and file, frozen before anything starts.

Reads no cluster, starts nothing.
"""
