"""The example of docs/settings.md is a file that works, and no setting is missing from it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from console.config.options import Options
from console.config.settings import Settings, load
from console.rules.rulebook import rulebook

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def example() -> str:
    return DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]


def test_the_example_is_accepted_and_names_rules_there_are(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(example())
    (tmp_path / "rules").mkdir()

    book = rulebook(load(Options(config=str(tmp_path / "config.toml"))).rules, "config.toml")

    assert book.rules.faults == []
    assert list(book.disabled) == ["K8S-DEFAULT-POD"]
    assert sorted(book.tuned) == ["K8S-EXEC-POD", "K8S-SECRETS-BURST"]


def test_every_setting_is_in_it() -> None:
    shown = tomllib.loads(example())
    tables = {field.name: field.default for field in msgspec.structs.fields(Settings) if field.name != "keys"}

    for name, table in tables.items():
        assert set(shown[name]) == {field.name for field in msgspec.structs.fields(table)}, name
