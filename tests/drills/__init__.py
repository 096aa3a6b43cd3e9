"""Whole drills, played through a seat of a real engine over the simulated cluster."""
