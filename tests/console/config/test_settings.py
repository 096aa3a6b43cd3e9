"""The settings file: every fault names the file and the key, and the command line wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.options import Options
from console.config.settings import Settings, load
from console.errors import ConfigError


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
