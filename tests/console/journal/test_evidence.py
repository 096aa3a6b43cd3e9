"""Evidence: named by content, private, capped, never rewritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import JournalError
from console.journal.evidence import FileEvidence, Limits


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000))
def test_bytes_come_back_as_they_were(tmp_path: Path, data: bytes) -> None:
    store = FileEvidence(tmp_path / "evidence")

    digest = store.put(data)

    assert digest == hashlib.sha256(data).hexdigest()
    assert store.get(digest) == data
    assert store.has(digest)


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path / "evidence")

    assert store.put(b"once") == store.put(b"once")

    assert store.size == 4
    assert FileEvidence(tmp_path / "evidence").size == 4


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path / "evidence")
    digest = store.put(b"secret")

    file = tmp_path / "evidence" / digest[:2] / digest

    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in (file.parent, file.parent.parent)} == {0o700}


def test_altered_bytes_are_refused_and_set_aside(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path / "evidence")
    digest = store.put(b"what was seen")
    file = tmp_path / "evidence" / digest[:2] / digest
    file.write_bytes(b"what they wish was seen")

    assert not store.has(digest)
    with pytest.raises(JournalError, match="was altered"):
        store.get(digest)

    assert store.put(b"what was seen") == digest
    assert store.get(digest) == b"what was seen"
    assert file.with_name(f"{digest}.altered").read_bytes() == b"what they wish was seen"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63, "A" * 64])
def test_a_name_that_is_no_digest_reaches_no_file(tmp_path: Path, name: str) -> None:
    store = FileEvidence(tmp_path / "evidence")

    with pytest.raises(JournalError, match="no name of evidence"):
        store.get(name)
    assert not store.has(name)


def test_absent_evidence_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=f"Evidence {'0' * 12} is not in"):
        FileEvidence(tmp_path).get("0" * 64)


def test_an_item_above_the_cap_is_refused(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path, Limits(item=2 * 2**20))

    with pytest.raises(JournalError, match="larger than the cap of 2 MiB"):
        store.put(b"x" * (2 * 2**20 + 1))
    assert store.size == 0


def test_captures_stop_at_the_cap_and_before_images_do_not(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path, Limits(total=3 * 2**20, margin=1000, free=0))
    store.put(b"x" * (3 * 2**20))

    with pytest.raises(JournalError, match="has reached its cap of 3 MiB"):
        store.put(b"y" * (2 * 2**20 + 1))
    store.put(b"a before-image")
    with pytest.raises(JournalError, match="has reached its cap"):
        store.put(b"z" * 1000)


def test_captures_leave_disk_space_and_before_images_may_use_it(tmp_path: Path) -> None:
    store = FileEvidence(tmp_path, Limits(free=2**60))

    with pytest.raises(JournalError, match="Too little disk space"):
        store.put(b"x" * (2 * 2**20 + 1))
    assert store.has(store.put(b"a before-image"))
