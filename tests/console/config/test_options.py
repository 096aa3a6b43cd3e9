"""Where things are looked for: what was typed wins, then the environment, then the user's own folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.options import Options, config_path, kubeconfig_paths, own_root, state_root
from console.errors import ConfigError


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARROOM_STATE", "WARROOM_CONFIG", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_root(Options()) == tmp_path / ".local/state/warroom"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_root(Options()) == tmp_path / "xdg/warroom"
    monkeypatch.setenv("WARROOM_STATE", "~/mine")
    assert state_root(Options()) == tmp_path / "mine"
    assert state_root(Options(state=str(tmp_path / "typed"))) == tmp_path / "typed"
    assert own_root() == tmp_path / "xdg/warroom", "what is about the person stays the person's"


def test_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_path(Options()) == tmp_path / ".config/warroom/config.toml"
    named = tmp_path / "mine.toml"
    monkeypatch.setenv("WARROOM_CONFIG", str(named))
    with pytest.raises(ConfigError, match=r"mine\.toml does not exist"):
        config_path(Options())
    named.touch()
    assert config_path(Options()) == named


def test_kubeconfigs_as_kubectl_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kubeconfig_paths(Options()) == (tmp_path / ".kube/config",)
    monkeypatch.setenv("KUBECONFIG", "/a::/b/c")
    assert kubeconfig_paths(Options()) == (Path("/a"), Path("/b/c"))
    assert kubeconfig_paths(Options(kubeconfig="~/own")) == (tmp_path / "own",)
