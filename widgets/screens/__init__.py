"""The room itself: what stands where, what a key does."""
