"""Sources that the settings name are made, and an address or a secret that cannot be used is told by its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.bootstrap.sourcing import silences, sources
from console.config.options import Options
from console.config.settings import Settings, SourceSettings, load
from console.errors import ConfigError
from console.ports.clock import ManualClock


def made(folder: Path, **named: Any) -> list[str]:
    settings = Settings(sources=SourceSettings(**named))
    return [one.name for one in sources(settings, ManualClock(), folder)]


def private(path: Path) -> str:
    path.write_text("s3cret")
    path.chmod(0o600)
    return str(path)


def test_alertmanager_is_asked_and_heard(tmp_path: Path) -> None:
    secret = private(tmp_path / "secret")
    named = {"alertmanager": "https://am:9093/prefix", "alertmanager_user": "me", "alertmanager_password_file": secret}
    assert made(tmp_path, **named) == ["alertmanager"]
    hook = {"alertmanager_webhook": "127.0.0.1:0", "alertmanager_webhook_token_file": secret}
    assert made(tmp_path, **named, **hook) == ["alertmanager:webhook", "alertmanager"]


def test_silences_are_made_where_alerts_are_asked_for_and_with_the_same_login(tmp_path: Path) -> None:
    login: dict[str, Any] = {"alertmanager_user": "me", "alertmanager_password_file": private(tmp_path / "secret")}
    found = silences(Settings(sources=SourceSettings(alertmanager="https://am:9093/prefix/?token=x", **login)))
    assert found is not None
    assert (found.where, found.url, found.watchdog) == (
        "Alertmanager am:9093", "https://am:9093/prefix", "Watchdog",
    )  # fmt: skip
    assert silences(Settings(sources=SourceSettings(alertmanager_webhook="127.0.0.1:0"))) is None


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"alertmanager": "am:9093"}, r"The address of Alertmanager cannot be used. Write it as http://HOST:9093"),
        ({"alertmanager": "http://me:s3cret@am:9093"}, "holds a user. Name alertmanager_user and"),
        ({"alertmanager": "http://am", "alertmanager_user": "me"}, "alertmanager_password_file need each other"),
        ({"alertmanager": "http://am", "alertmanager_token_file": "/absent"}, "/absent cannot be read"),
        ({"alertmanager_webhook": "0.0.0.0:9095"}, "Listening on 0.0.0.0 needs TLS"),
        ({"prometheus": "prom:9090"}, "The address of Prometheus cannot be used. Write it as http://HOST:9090"),
    ],
)
def test_what_cannot_be_used_is_told_without_its_secret(tmp_path: Path, named: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        made(tmp_path, **named)
    assert "s3cret" not in str(caught.value)


def test_options_win_over_the_file_and_count_as_sources(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[sources]\nalertmanager = "http://a"\nalertmanager_webhook = "127.0.0.1:1"\n')
    kept = load(Options(config=str(file))).sources
    assert kept.named == {"alertmanager webhook": ("127.0.0.1:1",), "alertmanager": ("http://a",)}
    assert kept.alertmanager_watchdog == "Watchdog"
    options = Options(config=str(file), alertmanager="http://b", alertmanager_webhook="127.0.0.1:2")
    assert any(options.sources)
    over = load(options).sources
    assert (over.alertmanager, over.alertmanager_webhook) == ("http://b", "127.0.0.1:2")
