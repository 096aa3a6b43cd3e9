"""Which login plugins may run unasked: the clouds' own, called as the clouds' own tools write it into a kubeconfig.

A plugin runs with the person's rights, so a kubeconfig from elsewhere must not choose what it does: only options that
name a cluster, an account, a region or a profile are let through, none that names a file, an address or an output.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,255}"
_ARN = r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}"
_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


class Shape(msgspec.Struct, frozen=True):
    """One way in which a plugin is called."""

    words: tuple[str, ...] = ()
    """The words that are no options, in order, each a regular expression."""
    options: dict[str, str] = {}
    """Options with a value, and the regular expression of the value."""
    flags: frozenset[str] = frozenset()

    def fits(self, args: Sequence[str]) -> bool:
        """Whether the arguments are these words and options and nothing else."""
        words: list[str] = []
        waiting = list(args)
        while waiting:
            arg = waiting.pop(0)
            name, equals, value = arg.partition("=")
            if not arg.startswith("-"):
                words.append(arg)
            elif arg in self.flags:
                continue
            else:
                value = value if equals or not waiting else waiting.pop(0)
                if name not in self.options or not re.fullmatch(self.options[name], value):
                    return False
        return len(words) == len(self.words) and all(map(re.fullmatch, self.words, words))


_AWS = {"--region": _ID, "--profile": _NAME, "--output": "json"}
_AZURE = {
    "--environment": r"Azure[A-Za-z]{1,40}Cloud",
    "--server-id": _UUID,
    "--client-id": _UUID,
    "--tenant-id": _UUID,
    "-l": _ID,
    "--login": _ID,
}

SHAPES: dict[str, tuple[Shape, ...]] = {
    "aws": (
        Shape(
            ("eks", "get-token"),
            _AWS | {"--cluster-name": _ID, "--cluster-id": _ID, "--role-arn": _ARN, "--role": _ARN},
        ),
    ),
    "aws-iam-authenticator": (
        Shape(("token",), {"-i": _ID, "--cluster-id": _ID, "-r": _ARN, "--role": _ARN, "--region": _ID}),
    ),
    "gke-gcloud-auth-plugin": (Shape(flags=frozenset({"--use_application_default_credentials"})),),
    "kubelogin": (Shape(("get-token",), _AZURE),),
    "doctl": (
        Shape(
            ("kubernetes", "cluster", "kubeconfig", "exec-credential", _UUID), {"--version": _ID, "--context": _NAME}
        ),
    ),
    "oci": (Shape(("ce", "cluster", "generate-token"), {"--cluster-id": _NAME, "--region": _ID, "--profile": _NAME}),),
}
"""By the name of the program."""

HARMLESS_ENVIRONMENT = {
    "AWS_PROFILE": _NAME,
    "AWS_REGION": _ID,
    "AWS_DEFAULT_REGION": _ID,
    "AWS_STS_REGIONAL_ENDPOINTS": "regional|legacy",
    "CLOUDSDK_ACTIVE_CONFIG_NAME": _NAME,
}
"""What a kubeconfig may set for a plugin: profile and region."""


def harmless(command: str, args: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a call is one of the known shapes. Where the program lies is another question: `find`."""
    fits = any(shape.fits(args) for shape in SHAPES.get(command, ()))
    return fits and all(
        name in HARMLESS_ENVIRONMENT and re.fullmatch(HARMLESS_ENVIRONMENT[name], value)
        for name, value in environment.items()
    )


def find(command: str, path: str, folder: Path) -> Path | None:
    """The program on PATH, leaving out relative entries, those in `folder`, and what anyone may replace."""
    if "/" in command:
        return None
    forbidden = folder.resolve()
    for entry in path.split(os.pathsep):
        if not os.path.isabs(entry):
            continue
        found = Path(entry) / command
        if not (os.access(found, os.X_OK) and found.is_file()):
            continue
        real = found.resolve()
        if _inside(Path(entry).resolve(), forbidden) or _inside(real, forbidden):
            continue
        if not any(_open_to_all(place) for place in (real, real.parent)):
            return found
    return None


def _inside(path: Path, folder: Path) -> bool:
    return folder != Path("/") and path.is_relative_to(folder)


def _open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IWOTH)
