"""Actions on nodes: keep new pods off one, and let them on again."""
