"""Kubeconfigs are merged as kubectl merges them, and a bad one is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cluster.kubeconfig import choose
from console.errors import ConfigError
from tests.console.cluster.kubeconfigs import SERVER, kubeconfig

CONTEXT = "contexts: [{name: x, context: {cluster: c, user: u}}]"


def test_the_current_context_counts(tmp_path: Path) -> None:
    chosen = choose([kubeconfig(tmp_path / "a", namespace="shop")])

    assert (chosen.context, chosen.namespace, chosen.server) == ("prod", "shop", SERVER)


def test_of_several_files_the_first_current_context_and_the_first_entry_of_a_name_count(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", {"token": "first"}, {"server": "https://first"}, "same", current="")
    second = kubeconfig(tmp_path / "b", {"token": "second"}, {"server": "https://second"}, "same")
    third = kubeconfig(tmp_path / "c", context="other")

    chosen = choose([first, tmp_path / "missing", second, third])

    assert (chosen.context, chosen.server, chosen.user.text("token")) == ("same", "https://first", "first")
    assert choose([first, second, third], "other").server == SERVER


def test_a_context_may_use_a_user_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("contexts: [{name: x, context: {cluster: c, user: prod}}]\ncurrent-context: x\n")
    (tmp_path / "b").write_text(f"clusters: [{{name: c, cluster: {{server: '{SERVER}'}}}}]\n")
    there = tmp_path / "deep"
    there.mkdir()
    users = kubeconfig(there / "c", {"client-key": "keys/my.key"})

    chosen = choose([tmp_path / "a", tmp_path / "b", users])

    assert chosen.user.path("client-key") == there / "keys" / "my.key"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n\n", "is empty"),
        ("just text", "not a kubeconfig: it has no fields"),
        ("[1, 2]", "not a kubeconfig"),
        ("clusters: {}\ncurrent-context: x", "clusters must be a list"),
        ("clusters: [{cluster: {}}]\ncurrent-context: x", "an entry of clusters has no name"),
        ("a: [b\nc: d", "config, line 2:"),
        ("a: \t- b: !!python/object:os.system {}", "config, line 1"),
        ("\x00\x01", "config"),
        (CONTEXT, "no current-context is set. Choose one with --context: x"),
        (f"current-context: y\n{CONTEXT}", "no context 'y'. Known contexts: x"),
        (f"current-context: x\n{CONTEXT}", "names the cluster 'c', which is not"),
        (
            f"current-context: x\n{CONTEXT}\n"
            "clusters: [{name: c, cluster: {server: 'https://x'}}]",
            "names the user 'u', which is not there",
        ),
    ],
)  # fmt: skip
def test_a_bad_kubeconfig_is_a_sentence_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        choose([path])

    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_context_names_the_known_ones(tmp_path: Path) -> None:
    paths = [kubeconfig(tmp_path / "a", context="beta"), kubeconfig(tmp_path / "b", context="alpha")]

    with pytest.raises(ConfigError, match=r"there is no context 'gamma'\. Known contexts: alpha, beta\."):
        choose(paths, "gamma")


def test_a_missing_or_unreadable_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file or directory\. Set --kubeconfig or KUBECONFIG"):
        choose([tmp_path / "missing"])
    with pytest.raises(ConfigError, match="Is a directory"):
        choose([tmp_path])
    with pytest.raises(ConfigError, match="No kubeconfig found"):
        choose([tmp_path / "x", tmp_path / "y"])


@pytest.mark.parametrize("server", ["", "192.0.2.1:6443", "file:///etc/passwd", "ftp://x"])
def test_a_server_that_is_no_http_address_is_refused(tmp_path: Path, server: str) -> None:
    chosen = choose([kubeconfig(tmp_path / "a", cluster={"server": server})])

    with pytest.raises(ConfigError, match="cluster 'prod' is unusable"):
        _ = chosen.server


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_crashes_the_parser(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "config"
    path.write_bytes(content)

    with pytest.raises(ConfigError):
        choose([path])


@pytest.mark.parametrize("token", ["!!int canarysecretword", "!!timestamp canarysecretword", "&a canarysecretword : ["])
def test_what_is_wrong_with_a_file_is_said_without_its_values(tmp_path: Path, token: str) -> None:
    """A parser's own words quote what it stumbled over, and that may be the token."""
    path = tmp_path / "config"
    path.write_text(f"users:\n- name: u\n  user:\n    token: {token}\n")

    with pytest.raises(ConfigError) as caught:
        choose([path])

    assert str(path) in str(caught.value)
    assert "canarysecretword" not in str(caught.value)
