"""Actions, sources and checks against the real control plane."""
