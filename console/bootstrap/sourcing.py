"""The signal sources that the settings ask for, made ready to run."""

from __future__ import annotations

import re
from pathlib import Path

from console.config.settings import Settings
from console.errors import ConfigError
from console.model.instants import seconds
from console.ports.clock import Clock
from console.ports.source import Source

_SPAN = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def since_of(text: str, now: float) -> float | None:
    """`2h`, `1d`, RFC 3339 or "" as epoch seconds. Raises `ConfigError` for anything else."""
    if not text:
        return None
    if match := _SPAN.fullmatch(text.strip()):
        return now - int(match[1]) * _UNITS[match[2]]
    at = seconds(text)
    if at is None:
        raise ConfigError(f"--since {text!r} is no time. Write 90m, 2h, 1d or 2026-08-01T03:12:00Z.")
    return at


def audit_files(settings: Settings, clock: Clock) -> tuple[Source, ...]:
    """One source for each audit log file; `audit`, then `audit:2` and so on."""
    from console.sources.audit_file import AuditFile

    since = since_of(settings.sources.since, clock.now())
    paths = [Path(path).expanduser().absolute() for path in settings.sources.audit]
    names = ["audit" if not number else f"audit:{number + 1}" for number in range(len(paths))]
    return tuple(AuditFile(name, path, clock, since) for name, path in zip(names, paths, strict=True))
