"""The signal sources that the settings ask for, made ready to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from console.config.settings import Settings
from console.errors import ConfigError
from console.model.instants import seconds
from console.ports.clock import Clock
from console.ports.silences import Silences
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


def sources(settings: Settings, clock: Clock, folder: Path) -> tuple[Source, ...]:
    """Every configured source.

    Args:
        folder: of the incident; the webhook keeps its spool there.

    Raises:
        ConfigError: an address, a file or a time cannot be used.
    """
    asked = (*_prometheus(settings, clock), *_alertmanager(settings, clock))
    return (*_files(settings, clock), *_webhooks(settings, clock, folder), *asked)


def _files(settings: Settings, clock: Clock) -> Iterator[Source]:
    from console.sources.audit_file import AuditFile
    from console.sources.falco import FalcoFile
    from console.sources.hubble import HubbleFile
    from console.sources.tetragon import TetragonFile

    named, since = settings.sources, since_of(settings.sources.since, clock.now())
    kinds: tuple[tuple[str, tuple[str, ...], Callable[..., Source]], ...] = (
        ("audit", named.audit, AuditFile),
        ("falco", named.falco, FalcoFile),
        ("tetragon", named.tetragon, TetragonFile),
        ("hubble", named.hubble, HubbleFile),
    )
    for kind, paths, make in kinds:
        for number, text in enumerate(paths, 1):
            name = kind if number == 1 else f"{kind}:{number}"
            yield make(name, Path(text).expanduser().absolute(), clock, since)


def _webhooks(settings: Settings, clock: Clock, folder: Path) -> Iterator[Source]:
    named = settings.sources
    if named.audit_webhook:
        from console.sources.audit_webhook import AuditWebhook
        from console.sources.listener import Access

        token = secret(named.audit_webhook_token_file)
        access = Access(token, named.audit_webhook_cert, named.audit_webhook_key, named.audit_webhook_client_ca)
        yield AuditWebhook("audit:webhook", named.audit_webhook, access, folder / "webhook", clock)
    if named.falco_webhook:
        from console.sources.falco import FalcoWebhook
        from console.sources.listener import Access

        token = secret(named.falco_webhook_token_file)
        access = Access(token, named.falco_webhook_cert, named.falco_webhook_key, named.falco_webhook_client_ca)
        yield FalcoWebhook("falco:webhook", named.falco_webhook, access, folder / "falco", clock)
    if named.alertmanager_webhook:
        from console.sources.alertmanager import AlertmanagerWebhook
        from console.sources.listener import Access

        access = Access(
            secret(named.alertmanager_webhook_token_file),
            named.alertmanager_webhook_cert,
            named.alertmanager_webhook_key,
            named.alertmanager_webhook_client_ca,
        )
        where, watchdog = named.alertmanager_webhook, named.alertmanager_watchdog
        yield AlertmanagerWebhook("alertmanager:webhook", where, access, folder / "alertmanager", clock, watchdog)


def _prometheus(settings: Settings, clock: Clock) -> Iterator[Source]:
    named = settings.sources
    if not named.prometheus:
        return
    usable_address(named.prometheus, "Prometheus", 9090)
    from console.sources.prometheus import Access, Prometheus

    access = Access(secret(named.prometheus_token_file), named.prometheus_ca)
    yield Prometheus("prometheus", named.prometheus, clock, access)


def _alertmanager(settings: Settings, clock: Clock) -> Iterator[Source]:
    named = settings.sources
    if not named.alertmanager:
        return
    usable_address(named.alertmanager, "Alertmanager", 9093)
    if "@" in urlsplit(named.alertmanager).netloc:
        raise ConfigError(
            "The address of Alertmanager holds a user. Name alertmanager_user and alertmanager_password_file."
        )
    if bool(named.alertmanager_user) != bool(named.alertmanager_password_file):
        raise ConfigError("alertmanager_user and alertmanager_password_file need each other. Give both, or neither.")
    from console.sources.alertmanager import Alertmanager
    from console.sources.fetching import Access

    access = Access(*_alertmanager_login(settings))
    yield Alertmanager("alertmanager", named.alertmanager, clock, access, named.alertmanager_watchdog)


def silences(settings: Settings) -> Silences | None:
    """The way to Alertmanager's silences, with the source's own address and credentials; None without one."""
    named = settings.sources
    if not named.alertmanager:
        return None
    from console.sources.alertmanager.silences import AlertmanagerSilences
    from console.sources.fetching import Access

    access = Access(*_alertmanager_login(settings))
    return AlertmanagerSilences(named.alertmanager, access, named.alertmanager_watchdog)


def _alertmanager_login(settings: Settings) -> tuple[str, str, str, str]:
    """Token, authority, user and password."""
    named = settings.sources
    token, password = secret(named.alertmanager_token_file), secret(named.alertmanager_password_file)
    return token, named.alertmanager_ca, named.alertmanager_user, password


def usable_address(url: str, whose: str, port: int) -> None:
    """Raises `ConfigError`; what does not look like an address at all may be a password, and is not repeated."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        usable = None
    if not usable:
        raise ConfigError(f"The address of {whose} cannot be used. Write it as http://HOST:{port} or https://HOST.")


def secret(path: str) -> str:
    """Content of a token file, "" for none. Raises `ConfigError` naming it, also when others can read it."""
    from console.sources.listener import read_token

    return read_token(path) if path else ""
