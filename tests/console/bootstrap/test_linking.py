"""Finding an engine again: links by what the start options mean, and cluster ids by whatever name a cluster has."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from console.bootstrap.aliasing import Aliases, new_incident
from console.bootstrap.linking import intended_context, link_path, linked_socket, write_link
from console.config.options import Options


@pytest.fixture
def options(tmp_path: Path) -> Options:
    (tmp_path / "config").write_text("clusters: one")
    return Options(kubeconfig=str(tmp_path / "config"), state=str(tmp_path / "state"))


def test_a_link_leads_to_the_socket_of_the_incident(options: Options, tmp_path: Path) -> None:
    assert linked_socket(options) is None

    write_link(options, "inc-1")

    assert linked_socket(options) == tmp_path / "state" / "inc-1" / "engine.sock"
    assert link_path(options).stat().st_mode & 0o777 == 0o600
    assert link_path(options).parent.stat().st_mode & 0o777 == 0o700


CHANGES: tuple[dict[str, object], ...] = (
    {"context": "other"},
    {"namespaces": ("a",)},
    {"as_user": "a"},
    {"namespaces": ("a",), "as_user": "b"},
    {"as_user": "a", "as_groups": ("b",)},
    {"namespaces": ("a", "b")},
    {"drill": "shop"},
    {"drill": "shop", "seed": 2},
    {"state": "/elsewhere"},
)


def test_what_means_other_rights_or_another_cluster_is_another_link(options: Options) -> None:
    keys = [options.key(), *(msgspec.structs.replace(options, **change).key() for change in CHANGES)]

    assert len(set(keys)) == len(CHANGES) + 1


def test_a_kubeconfig_is_known_by_what_is_in_it(options: Options, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("clusters: one")
    copy, before = msgspec.structs.replace(options, kubeconfig=str(tmp_path / "copy")), options.key()
    assert copy.key() == before

    (tmp_path / "config").write_text("clusters: two")

    assert options.key() != before


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"/etc\n", b".hidden\n", b"\xff\xfe"])
def test_a_link_that_leads_elsewhere_leads_nowhere(options: Options, content: bytes) -> None:
    link_path(options).parent.mkdir(parents=True)
    link_path(options).write_bytes(content)

    assert linked_socket(options) is None


def test_a_link_tells_the_context_that_was_meant(options: Options) -> None:
    assert intended_context(options) == ""

    write_link(options, "inc-1", "prod")

    assert intended_context(options) == "prod"
    assert intended_context(msgspec.structs.replace(options, context="test")) == "test"


def test_one_incident_for_every_name_of_a_cluster(tmp_path: Path) -> None:
    aliases = Aliases(tmp_path)
    aliases.remember("address", "inc-1")
    aliases.remember("uid", "inc-1")

    assert (Aliases(tmp_path).incident("address"), Aliases(tmp_path).incident("uid")) == ("inc-1", "inc-1")
    assert Aliases(tmp_path).incident("another") == ""


def test_an_alias_that_names_no_incident_is_none(tmp_path: Path) -> None:
    aliases = Aliases(tmp_path)
    aliases.remember("address", "../../etc")

    assert aliases.incident("address") == ""


def test_aliases_that_cannot_be_kept_are_no_error_since_the_name_follows_from_the_cluster(tmp_path: Path) -> None:
    (tmp_path / "clusters").write_text("a file where the folder should be")

    Aliases(tmp_path).remember("address", "inc-1")

    assert Aliases(tmp_path).incident("address") == ""
    assert new_incident("uid") == new_incident("uid") != new_incident("other")
