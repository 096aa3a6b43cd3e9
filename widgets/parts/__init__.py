"""Reusable pieces of screen: the canvas, the virtual table, prompts. They know no topic."""
