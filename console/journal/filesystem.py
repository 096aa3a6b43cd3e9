"""What file system a folder is on, as the kernel's mount table tells it."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "ocfs2",
        "gfs2",
        "9p",
        "coda",
        "ncpfs",
        "pvfs2",
        "davfs",
    ]
)
_LOCAL_FUSE = frozenset(("fuse.ext4", "fuse.ntfs-3g", "fuse.fuse-overlayfs", "fuse.lxcfs", "fuseblk"))


def network_type(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Type of the network file system `folder` is on, "" for a local one or where the kernel does not tell."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    place = str(folder.resolve())
    for line in lines:
        left, _, right = line.partition(" - ")
        point = _unescaped(left.split(" ")[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        # A later line of the same mount point covers the earlier one.
        if inside and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    remote = kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)
    return kind if remote else ""


def _unescaped(text: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text
