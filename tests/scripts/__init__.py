"""The shell scripts behind `make`, run as make runs them."""
