"""A real process is killed at each named point of a write to a real API server, and what it left is examined.

`killing.kill_and_recover` is one run; the benchmark repeats it.
"""
