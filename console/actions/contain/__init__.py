"""Cutting off pods, their streams and their network, and letting them back."""
