"""Whole audit events out of the few fields a test is about, as the samples of rules are made whole."""

from console.rules.sampling import line, read, whole

__all__ = ["line", "read", "whole"]
