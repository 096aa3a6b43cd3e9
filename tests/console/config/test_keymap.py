"""The key map: defaults are safe, a person's changes hold, dangerous or clashing ones are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.keymap import DEFAULTS, keymap, load, problems
from console.errors import ConfigError
from tests.widgets.scripted import specs


def test_the_defaults_and_the_actions_keys_are_safe() -> None:
    assert problems({}, specs()) == []


def test_every_binding_has_an_id_of_its_own_and_words() -> None:
    assert len({key.id for key in DEFAULTS}) == len(DEFAULTS)
    assert all(key.words for key in DEFAULTS)


def test_keys_and_letters_can_be_remapped() -> None:
    found = keymap({"room.filter": "ctrl+f,slash", "pod.quarantine": "x b", "row.page_down": "pagedown"}, specs())

    assert found.of("room.filter") == "ctrl+f"
    assert found.letters["pod.quarantine"] == "b"
    assert found.letters["sa.revoke"] == "r"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"act.contain": "A"}, "broken arrow key"),
        ({"act.contain": "upper_h,H"}, "broken arrow key"),
        ({"act.undo": "5"}, "broken arrow key"),
        ({"pod.delete": "x ~"}, "broken arrow key"),
        ({"pod.delete": "x 7"}, "broken arrow key"),
        ({"act.contain": "enter"}, "by habit"),
        ({"room.note": "ctrl+s"}, "belongs to terminals"),
        ({"room.note": "ctrl+a"}, "belongs to terminals"),
        ({"room.note": "slash"}, "both"),
        ({"pod.delete": "x i"}, "both"),
        ({"pod.delete": "k"}, "two keys"),
        ({"room.nothing": "q"}, "No binding"),
        ({"room.note": ""}, "empty"),
    ],
)
def test_a_dangerous_map_is_refused_and_says_why(changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        keymap(changes, specs())


def test_everything_wrong_is_said_at_once() -> None:
    assert len(problems({"room.a": "q", "act.undo": "A", "room.note": "ctrl+z"}, specs())) == 3


def test_a_file_is_read_and_a_missing_one_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert load(path, specs()) == keymap({}, specs())
    path.write_text('[keys]\n"room.filter" = "ctrl+g"\n')

    assert load(path, specs()).of("room.filter") == "ctrl+g"


@pytest.mark.parametrize("text", ["[keys", "keys = 7", "[keys]\nx = 7", b"\xff\xfe"])
def test_an_unreadable_file_is_named(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError, match=r"config\.toml"):
        load(path, specs())
