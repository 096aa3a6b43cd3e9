"""The lock files: every package by hash, no address of anybody's index, and what builds the package is among them."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock")


def pinned(name: str) -> dict[str, list[str]]:
    """Package and version -> its hashes."""
    found: dict[str, list[str]] = {}
    package = ""
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9][\w.-]*==\S+)", line):
            package = match[1].lower()
            found[package] = []
        found.get(package, []).extend(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_hash_and_no_index_is_named(name: str) -> None:
    assert [package for package, hashes in pinned(name).items() if not hashes] == []
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links| @ ", text)


@pytest.mark.parametrize("name", LOCKS)
def test_what_builds_the_package_is_locked_too(name: str) -> None:
    """`pip install --no-build-isolation -e .` builds with what is there."""
    assert {"hatchling", "editables"} <= {package.partition("==")[0] for package in pinned(name)}


def test_one_folder_can_serve_both() -> None:
    """scripts/venv.sh takes an environment of the tests for one that runs the product."""
    runtime, test = (pinned(name) for name in LOCKS)
    assert set(runtime) <= set(test)
