"""What counts as a rule file, and what no file can do to the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.rules.loading import load_rules

GOOD = "title: t\nid: OK-1\nlevel: low\ndetection:\n  s: {verb: get}\n  condition: s\n"


def another(number: int) -> str:
    return GOOD.replace("OK-1", f"OK-{number}")


def test_both_endings_and_all_folders_count_and_what_is_hidden_does_not(tmp_path: Path) -> None:
    """A mounted ConfigMap keeps every file a second time in a hidden folder, an editor beside the file."""
    for name in ("a.yml", "b.yaml", "deep/er/c.yml", "..2026/a.yml", ".git/d.yml", "._a.yml", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(another(len(name)))
    (tmp_path / "folder.yml").mkdir()

    loaded = load_rules(tmp_path)

    assert [rule.where.partition(":")[0] for rule in loaded.rules] == ["a.yml", "b.yaml", "deep/er/c.yml"]
    assert loaded.faults == ()


def test_a_pipe_and_a_broken_link_are_named_and_nothing_waits_for_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "gone.yml").symlink_to("absent")
    (tmp_path / "good.yml").write_text(GOOD)

    loaded = load_rules(tmp_path)

    assert [rule.id for rule in loaded.rules] == ["OK-1"]
    assert sorted(fault.partition(":")[0] for fault in loaded.faults) == ["gone.yml", "pipe.yml"]


def test_a_folder_that_is_gone_is_no_folder_without_rules(tmp_path: Path) -> None:
    assert load_rules(tmp_path / "gone").faults == (
        ".: the folder cannot be read (No such file or directory); its rules are not used",
    )


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "levels: [{level: high, when: {1: 2}}]\n",
        GOOD + f"after: {{rules: [OK-2], within: {'9' * 5000}s}}\n",
        GOOD + f"threshold: {{count: {'9' * 4000}, within: 5m}}\n",
        GOOD.replace("OK-1", "\udc80"),
        "\x00",
    ],
)
def test_a_file_that_nobody_thought_of_costs_no_other(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yml").write_text(text, errors="surrogateescape")
    (tmp_path / "b.yml").write_text(another(2))

    loaded = load_rules(tmp_path)

    assert [rule.id for rule in loaded.rules] == ["OK-2"]
    assert [fault.partition(":")[0] for fault in loaded.faults] == ["a.yml"]


@pytest.mark.parametrize(("text", "line"), [("title: [", 1), ("title: [\n", 1), ("---\ntitle: t\nid: a: b\n", 3)])
def test_what_is_not_yaml_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "a.yml").write_text(text)

    assert load_rules(tmp_path).faults[0].startswith(f"a.yml:{line}: not YAML")
