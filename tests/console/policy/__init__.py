"""Tests of console.policy."""
