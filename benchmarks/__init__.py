"""Measurements behind the figures in `docs/performance.md`; each module is a command. No product code."""
