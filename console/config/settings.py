"""The settings file: sources, rules folder, key map and looks, in TOML. Options given on the command line win.

A wrong key or value is an error that names file and key; an unknown key is refused, since a mistyped source would
otherwise stay silent in the night it is needed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec

from console.config.options import Options, config_path
from console.errors import ConfigError
from console.model.severity import Severity


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
    alertmanager: str = ""
    alertmanager_token_file: str = ""
    alertmanager_user: str = ""
    alertmanager_password_file: str = ""
    alertmanager_ca: str = ""
    alertmanager_watchdog: str = "Watchdog"
    """Name of the alert that always fires; "" for none."""
    alertmanager_webhook: str = ""
    alertmanager_webhook_token_file: str = ""
    alertmanager_webhook_cert: str = ""
    alertmanager_webhook_key: str = ""
    alertmanager_webhook_client_ca: str = ""
    since: str = ""
    elasticsearch: str = ""
    """Address of Elasticsearch or OpenSearch."""
    elasticsearch_index: str = ""
    """Name of an index, or a pattern of names."""
    elasticsearch_api_key_file: str = ""
    elasticsearch_token_file: str = ""
    elasticsearch_user: str = ""
    elasticsearch_password_file: str = ""
    elasticsearch_ca: str = ""

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """What is named, by the kind of source: files and addresses."""
        webhooks = {
            "audit webhook": self.audit_webhook,
            "falco webhook": self.falco_webhook,
            "alertmanager webhook": self.alertmanager_webhook,
        }
        asked = {"prometheus": self.prometheus, "alertmanager": self.alertmanager}
        files = {"audit": self.audit, "falco": self.falco, "tetragon": self.tetragon, "hubble": self.hubble}
        single = {name: (value,) for name, value in (webhooks | asked).items() if value}
        return {name: paths for name, paths in files.items() if paths} | single


class ScreenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[screen]`: looks and keys."""

    theme: str = ""
    ascii: bool = False
    mouse: bool = False


class ThresholdSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`threshold` of a tuned rule; what is left out stays the rule's own."""

    count: Annotated[int, msgspec.Meta(ge=2, le=10_000)] | None = None
    within: str = ""

    def __post_init__(self) -> None:
        """Refuses a span that is none."""
        if self.within and not re.fullmatch(r"[1-9]\d{0,5}[smhd]", self.within, re.ASCII):
            raise ValueError(f"within is written like 30s, 5m, 1h or 2d, not {self.within!r}")


class TuneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[rules.tune.ID]`: what is other than the rule says."""

    level: Severity | None = None
    threshold: ThresholdSettings = ThresholdSettings()

    def __post_init__(self) -> None:
        """Refuses a table that changes nothing: whoever wrote it believes that it does."""
        if self.level is None and self.threshold == ThresholdSettings():
            raise ValueError("it says neither a level nor a threshold with a count or within")


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[rules]`: the user's own rules, and what is other about all of them."""

    folder: str = ""
    """Absolute once it is loaded: in the file it may start from where the file is."""
    disable: tuple[str, ...] = ()
    """Ids of rules that make no findings."""
    tune: dict[str, TuneSettings] = {}


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
        alertmanager=options.alertmanager or settings.sources.alertmanager,
        alertmanager_webhook=options.alertmanager_webhook or settings.sources.alertmanager_webhook,
        since=options.since or settings.sources.since,
    )
    screen = msgspec.structs.replace(
        settings.screen,
        theme=options.theme or settings.screen.theme,
        ascii=options.ascii or settings.screen.ascii,
    )
    return msgspec.structs.replace(settings, sources=sources, screen=screen, rules=_placed(settings.rules, path))


def _placed(rules: RuleSettings, path: Path) -> RuleSettings:
    """The folder named from where the file is: an engine and a command may be started anywhere."""
    if not rules.folder:
        return rules
    try:
        folder = path.absolute().parent / Path(rules.folder).expanduser()
    except RuntimeError as error:  # ~somebody who is not there
        raise ConfigError(f"{path}: [rules] folder {rules.folder!r}: {error}. Write the whole path.") from error
    return msgspec.structs.replace(rules, folder=str(folder))


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
        fault = _tuning_fault(data) or str(error)
        raise ConfigError(
            f"{path}: {fault}. See `warroom --help` and docs/settings.md for the keys there are."
        ) from error


def _tuning_fault(data: dict[str, Any]) -> str:
    """Which rule is tuned in a way that means nothing: the reader itself does not say the id."""
    rules = data.get("rules")
    tuned = rules.get("tune") if isinstance(rules, dict) else None
    for name, table in tuned.items() if isinstance(tuned, dict) else ():
        try:
            msgspec.convert(table, TuneSettings, strict=True)
        except msgspec.ValidationError as error:
            levels = f" (a level is one of {', '.join(Severity)})" if "enum" in str(error) else ""
            return f"[rules.tune.{name}] {error}{levels}"
    return ""
