"""What an engine takes over from a login, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.bootstrap.surroundings import handed_on, isolation
from console.cluster import asking_plugin
from console.ports.session import LOGIN_VARIABLES


def test_secrets_of_a_shell_do_not_live_on_in_the_engine() -> None:
    shell = {"PATH": "/bin", "WARROOM_STATE": "/s", "LC_ALL": "C", "DB_PASSWORD": "x", "LD_PRELOAD": "x", "LCX": "x"}

    assert handed_on(shell) == {"PATH": "/bin", "WARROOM_STATE": "/s", "LC_ALL": "C"}


def test_everything_a_login_plugin_may_see_reaches_the_engine() -> None:
    every = dict.fromkeys((*asking_plugin.PASSED_ON, *LOGIN_VARIABLES), "x")

    assert handed_on(every) == every


def test_modules_of_the_working_directory_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert isolation() == ("-P",)
