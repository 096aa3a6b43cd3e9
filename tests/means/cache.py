"""The cache folder, the lock that keeps two runs from building the same thing, and the rule for what is missing."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest


class Missing(Exception):
    """A mean that cannot be provided here; says why, and how to get it."""

    def __init__(self, why: str, how: str) -> None:
        super().__init__(why)
        self.why = why
        self.how = how


def cache_folder() -> Path:
    """Where built and unpacked programs live: outside every checkout, so that a fresh clone is quick."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "warroom-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def in_ci() -> bool:
    """Whether a missing mean must fail the run."""
    return os.environ.get("CI") == "true"


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Holds a lock file in the cache; the second run waits and then finds the work done."""
    with (cache_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def give_up(name: str, missing: Missing) -> NoReturn:
    """Ends a test that needs a missing mean: a skip with the reason, or a failure in CI."""
    sentence = f"{name} is missing: {missing.why}. {missing.how}"
    if in_ci():
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
