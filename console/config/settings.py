"""The settings file: sources, rules folder, key map and looks, in TOML. Options given on the command line win.

A wrong key or value is an error that names file and key; an unknown key is refused, since a mistyped source would
otherwise stay silent in the night it is needed.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from console.config.options import Options, config_path
from console.errors import ConfigError


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[sources]`: where signals come from."""

    audit: tuple[str, ...] = ()
    audit_webhook: str = ""
    audit_webhook_token_file: str = ""
    audit_webhook_cert: str = ""
    audit_webhook_key: str = ""
    audit_webhook_client_ca: str = ""
    falco: tuple[str, ...] = ()
    falco_webhook: str = ""
    falco_webhook_token_file: str = ""
    falco_webhook_cert: str = ""
    falco_webhook_key: str = ""
    falco_webhook_client_ca: str = ""
    tetragon: tuple[str, ...] = ()
    hubble: tuple[str, ...] = ()
    prometheus: str = ""
    prometheus_token_file: str = ""
    prometheus_ca: str = ""
    since: str = ""

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """What is named, by the kind of source: files and addresses."""
        webhooks = {"audit webhook": self.audit_webhook, "falco webhook": self.falco_webhook}
        files = {"audit": self.audit, "falco": self.falco, "tetragon": self.tetragon, "hubble": self.hubble}
        single = {name: (value,) for name, value in (webhooks | {"prometheus": self.prometheus}).items() if value}
        return {name: paths for name, paths in files.items() if paths} | single


class ScreenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[screen]`: looks and keys."""

    theme: str = ""
    ascii: bool = False
    mouse: bool = False


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[rules]`: the user's own rules."""

    folder: str = ""


class EvidenceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[evidence]`: how much may be kept."""

    item_mib: int = 64
    total_mib: int = 4096
    reserve_mib: int = 256
    """Free disk space that evidence never takes."""

    def __post_init__(self) -> None:
        """Refuses sizes that mean nothing: evidence that cannot be kept would be noticed when it is needed."""
        if min(self.item_mib, self.total_mib) < 1 or self.reserve_mib < 0 or self.item_mib > self.total_mib:
            raise ValueError("evidence sizes are MiB: item_mib and total_mib at least 1, item_mib at most total_mib")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    sources: SourceSettings = SourceSettings()
    screen: ScreenSettings = ScreenSettings()
    rules: RuleSettings = RuleSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    keys: dict[str, str] = {}
    """Binding id to key."""


def load(options: Options) -> Settings:
    """Settings of the file, overlaid with the options. A missing default file is no error."""
    path = config_path(options)
    settings = _read(path) if path.exists() else Settings()
    sources = msgspec.structs.replace(
        settings.sources,
        audit=options.audit or settings.sources.audit,
        audit_webhook=options.audit_webhook or settings.sources.audit_webhook,
        falco=options.falco or settings.sources.falco,
        falco_webhook=options.falco_webhook or settings.sources.falco_webhook,
        tetragon=options.tetragon or settings.sources.tetragon,
        hubble=options.hubble or settings.sources.hubble,
        prometheus=options.prometheus or settings.sources.prometheus,
        since=options.since or settings.sources.since,
    )
    screen = msgspec.structs.replace(
        settings.screen,
        theme=options.theme or settings.screen.theme,
        ascii=options.ascii or settings.screen.ascii,
    )
    return msgspec.structs.replace(settings, sources=sources, screen=screen)


def _read(path: Path) -> Settings:
    import tomllib  # a seat without a file of its own does not pay for it

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Mend that line or move the file away.") from error
    try:
        return msgspec.convert(data, Settings, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}. See `warroom --help` and the README for the keys there are.") from error
