"""Stopping and restarting what creates pods."""
