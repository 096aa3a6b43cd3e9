"""Where an incident lives: private, local, short enough for its socket."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.errors import BadInput, JournalError
from console.journal.evidence import FileEvidence
from console.journal.filesystem import network_type
from console.journal.findings import FindingStore
from console.journal.folder import IncidentFolder, incidents
from console.journal.sqlite import SqliteJournal
from console.sources.receiver import Spool


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path short enough for a socket."""
    return tmp_path_factory.mktemp("s")


def test_folder_and_secret_are_private_and_stay(state: Path) -> None:
    folder = IncidentFolder(state / "warroom", "kube-1")
    secret = folder.secret()

    assert folder.path.stat().st_mode & 0o7777 == 0o700
    assert (folder.path / "secret").stat().st_mode & 0o777 == 0o600
    assert len(secret) == 32
    assert IncidentFolder(state / "warroom", "kube-1").secret() == secret
    assert IncidentFolder(state / "warroom", "kube-2").secret() != secret


def test_a_secret_others_can_read_is_refused(state: Path) -> None:
    folder = IncidentFolder(state, "one")
    folder.secret()
    (folder.path / "secret").chmod(0o644)

    with pytest.raises(JournalError, match="chmod 600"):
        folder.secret()


def test_a_damaged_secret_is_refused(state: Path) -> None:
    folder = IncidentFolder(state, "one")
    folder.secret()
    (folder.path / "secret").write_bytes(b"short")

    with pytest.raises(JournalError, match="damaged"):
        folder.secret()


@pytest.mark.parametrize("name", ["../up", "", "A", "a/b", ".hidden", "x" * 64])
def test_an_id_that_is_no_folder_name_is_refused(state: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name an incident"):
        IncidentFolder(state, name)


def test_a_path_too_long_for_a_socket_is_refused_before_anything_is_made(state: Path) -> None:
    with pytest.raises(BadInput, match=r"too long for a socket \(100 bytes\).*--state"):
        IncidentFolder(state / ("x" * 90), "one")

    assert list(state.iterdir()) == []


def test_a_group_may_pass_but_not_read_the_record(state: Path) -> None:
    group = os.getegid()

    folder = IncidentFolder(state, "one", group)

    assert folder.path.stat().st_mode & 0o7777 == 0o2750
    assert folder.path.stat().st_gid == group


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_state_folder_everybody_can_write_to_is_refused_before_anything_is_made(state: Path, mode: int) -> None:
    """In `/tmp` anybody could put a link or a socket of his own in the incident's place."""
    shared = state / "shared"
    shared.mkdir()
    shared.chmod(mode)

    with pytest.raises(JournalError, match=r"Everybody may write.*chmod 700"):
        IncidentFolder(shared, "one")

    assert list(shared.iterdir()) == []


def test_a_permissive_umask_opens_nothing(state: Path) -> None:
    """Folders, secret, journal, findings, evidence, lock and reserve, side files of the databases included."""
    old = os.umask(0)
    try:
        folder = IncidentFolder(state / "warroom", "one")
        folder.secret()
        journal, findings = SqliteJournal(folder.journal, reserve=4096), FindingStore(folder.findings)
        FileEvidence(folder.evidence).put(b"captured")
        Spool(folder.path / "audit").append([b"{}"])
        findings.save([], {"audit": "{}"})
        made = list((state / "warroom").rglob("*"))
        open_ = [str(path.relative_to(state)) for path in made if path.stat().st_mode & 0o077]
        journal.close()
        findings.close()
    finally:
        os.umask(old)

    assert len(made) >= 10
    assert open_ == []


def test_a_folder_that_cannot_be_made_says_so(state: Path) -> None:
    (state / "file").write_text("in the way")

    with pytest.raises(JournalError, match="Choose another with --state"):
        IncidentFolder(state / "file", "one")


def test_incidents_are_listed_with_who_is_running(state: Path) -> None:
    folder = IncidentFolder(state, "one")
    IncidentFolder(state, "empty")
    journal = SqliteJournal(folder.journal, reserve=4096)

    running = [folder.running]
    journal.close()
    running.append(folder.running)

    assert incidents(state) == ("one",)
    assert running == [True, False]
    assert incidents(state / "absent") == ()


MOUNTS = """21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
22 21 0:5 / /home rw - nfs4 server:/home rw
23 22 8:2 / /home/ana/local\\040disk rw - xfs /dev/sdb1 rw
24 21 0:6 / /mnt/ssh rw - fuse.sshfs ana@host: rw
25 21 8:3 / /mnt/data rw - fuseblk /dev/sdc1 rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", ""),
        ("/home/ana/.local/state", "nfs4"),
        ("/home/ana/local disk/state", ""),
        ("/homeless", ""),
        ("/mnt/ssh/x", "fuse.sshfs"),
        ("/mnt/data/x", ""),
    ],
)
def test_network_file_systems_are_known_by_the_mount_table(tmp_path: Path, folder: str, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)

    assert network_type(Path(folder), table) == kind


def test_a_network_file_system_is_refused(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = state / "mountinfo"
    table.write_text(f"22 21 0:5 / {state} rw - nfs server:/x rw\n")
    monkeypatch.setattr("console.journal.folder.network_type", lambda folder: network_type(folder, table))

    with pytest.raises(JournalError, match=r"network file system \(nfs\).*--state"):
        IncidentFolder(state / "deep", "one")
