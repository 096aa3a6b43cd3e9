"""The real console at a real terminal, over the real control plane, driven by keys."""
