"""The border for text."""
