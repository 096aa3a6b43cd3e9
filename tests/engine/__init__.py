"""The engine as a process of its own, driven by the command line and the wire, over a real API server."""
