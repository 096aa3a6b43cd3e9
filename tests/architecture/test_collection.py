"""Tests have the same names in every process: where they differ, the processes of one run refuse each other's.

A compressed sample carries the second it was made in, and a set has another order in every process: either of
them in a parameter's name lets a run fail now and then, before its first test.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.architecture import sources


def test_another_process_collects_the_same_tests(request: pytest.FixtureRequest) -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]

    there = subprocess.run(
        command, env=alone | {"PYTHONHASHSEED": "77"}, cwd=sources.ROOT, capture_output=True, text=True, check=True
    )

    collected = {line for line in there.stdout.splitlines() if "::" in line}
    assert [item.nodeid for item in request.session.items if item.nodeid not in collected] == []
