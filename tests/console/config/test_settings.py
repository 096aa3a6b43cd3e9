"""The settings file: every fault names the file and the key, and the command line wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.options import Options
from console.config.settings import Settings, ThresholdSettings, TuneSettings, load
from console.errors import ConfigError
from console.model.severity import Severity


def written(folder: Path, text: str) -> Options:
    (folder / "config.toml").write_text(text)
    return Options(config=str(folder / "config.toml"))


def test_options_win_over_the_file(tmp_path: Path) -> None:
    options = written(tmp_path, '[sources]\naudit = ["/a"]\nprometheus = "http://p"\n[screen]\ntheme = "mono"')

    found = load(Options(config=options.config, audit=("/b",)))

    assert (found.sources.audit, found.sources.prometheus, found.screen.theme) == (("/b",), "http://p", "mono")


def test_no_file_is_no_error_but_one_that_was_named_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert load(Options()) == Settings()
    with pytest.raises(ConfigError, match="does not exist"):
        load(Options(config=str(tmp_path / "absent.toml")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sources]\naudti = []", "audti"),
        ("[sources]\naudit = 'one'", "sources.audit"),
        ("[screen]\nascii = 1", "screen.ascii"),
        ("[evidence]\ntotal_mib = 0", "item_mib"),
        ("[evidence]\nitem_mib = 9000", "item_mib"),
        ("[sources", "not valid TOML"),
        ("[keys]\nhelp = 3", "keys"),
        ("[rules]\ndisable = 'K8S-X'", "rules.disable"),
        ("[rules.tune.K8S-X]\nlevel = 'loud'", "[rules.tune.K8S-X] Invalid enum value 'loud'"),
        ("[rules.tune.K8S-X]\nlevel = 'loud'", "critical, high, medium, low, info"),
        ("[rules.tune.K8S-X]\nthreshold = {count = 1}", "[rules.tune.K8S-X] Expected `int` >= 2"),
        ("[rules.tune.K8S-X]\nthreshold = {within = '5 min'}", "within is written like 30s, 5m, 1h or 2d, not '5 min'"),
        ("[rules.tune.K8S-X]\nthreshold = {}", "[rules.tune.K8S-X] it says neither"),
        ("[rules.tune.K8S-X]\ncount = 3", "[rules.tune.K8S-X] Object contains unknown field `count`"),
        ("[rules]\ntune = 3", "rules.tune"),
        ("[rules]\nfolder = '~nobody-of-that-name/rules'", "~nobody-of-that-name"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    options = written(tmp_path, text)

    with pytest.raises(ConfigError) as fault:
        load(options)

    assert options.config in str(fault.value)
    assert says in str(fault.value)


def test_a_folder_or_bytes_instead_of_a_file_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path, tmp_path / "bytes"):
        with pytest.raises(ConfigError, match=str(path)):
            load(Options(config=str(path)))


def test_the_rules_folder_starts_from_where_the_file_is(tmp_path: Path) -> None:
    """An engine is started anywhere, a command where a person stands: both must mean one folder."""
    assert load(written(tmp_path, "[rules]\nfolder = 'mine'")).rules.folder == str(tmp_path / "mine")
    assert load(written(tmp_path, "[rules]\nfolder = '/mine'")).rules.folder == "/mine"
    assert load(written(tmp_path, "[rules]\nfolder = '~/mine'")).rules.folder == str(Path.home() / "mine")


def test_rules_are_disabled_and_tuned_by_id(tmp_path: Path) -> None:
    text = """
[rules]
disable = ["K8S-A", "K8S-B"]
[rules.tune.K8S-C]
level = "high"
threshold = {count = 10, within = "5m"}
"""

    found = load(written(tmp_path, text)).rules

    assert found.disable == ("K8S-A", "K8S-B")
    assert found.tune == {"K8S-C": TuneSettings(Severity.HIGH, ThresholdSettings(10, "5m"))}
