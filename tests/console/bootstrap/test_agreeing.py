"""What a seat is told of the engine it joins, and what it is refused for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.bootstrap.agreeing import agreeing, using
from console.bootstrap.linking import write_link
from console.config.options import Options
from console.config.settings import load
from console.errors import ConfigError
from console.hygiene.exporting import known_safe
from console.ports.session import PROTOCOL, Welcome


@pytest.fixture
def plain(tmp_path: Path) -> Options:
    """Nothing asked for; the settings file names no source."""
    (tmp_path / "settings").write_text("")
    return Options(kubeconfig=str(tmp_path / "none"), state=str(tmp_path), config=str(tmp_path / "settings"))


def joined(seat: Options, engine: Options, context: str = "prod") -> str:
    """The notice that a seat gets from an engine started with those options."""
    uses = using(engine, context, load(engine))
    welcome = Welcome(PROTOCOL, "test", known_safe("ana"), known_safe("inc-1"), using=uses)
    return agreeing(seat)(welcome).notice


def but(options: Options, **changes: Any) -> Options:
    return msgspec.structs.replace(options, **changes)


def test_what_is_the_same_or_was_not_asked_for_is_no_news(plain: Options, tmp_path: Path) -> None:
    narrow = but(plain, context="prod", as_user="bob", as_groups=("b", "a"), namespaces=("x", "y"))
    log = but(plain, audit=(str(tmp_path / "audit.log"),))

    assert joined(plain, plain) == ""
    assert joined(narrow, but(narrow, as_groups=("a", "b"), namespaces=("y", "x"))) == ""
    assert joined(plain, log) == joined(log, log) == ""


def test_another_view_than_ones_own_is_told(plain: Options) -> None:
    engine = but(plain, as_user="bob", as_groups=("ops",), namespaces=("pay", "shop"))

    told = joined(plain, engine)

    assert told == (
        "This engine runs already: it uses the context prod, acts as bob of ops (--as), watches only pay, shop."
    )


def test_another_context_than_the_kubeconfig_means_is_told(plain: Options) -> None:
    write_link(plain, "inc-1", "test")

    assert "uses the context prod" in joined(plain, plain, "prod")
    assert joined(plain, plain, "test") == ""


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"context": "test"}, "--context test was"),
        ({"as_user": "eve"}, "--as eve was"),
        ({"as_user": "bob", "as_groups": ("ops", "x")}, "--as-group ops --as-group x was"),
        ({"namespaces": ("pay",)}, "-n pay was"),
        ({"context": "test", "namespaces": ("pay",)}, "--context test and -n pay was"),
    ],
)
def test_who_asks_for_something_else_is_refused_with_both(plain: Options, asked: dict[str, Any], words: str) -> None:
    engine = but(plain, as_user="bob", as_groups=("ops",), namespaces=("pay", "shop"))

    with pytest.raises(ConfigError, match="`warroom stop`") as refused:
        joined(but(plain, **asked), engine)

    assert words in str(refused.value)
    assert "acts as bob of ops (--as), watches only pay, shop" in str(refused.value)


def test_sources_the_engine_does_not_read_are_refused_and_those_it_reads_by_its_settings_are_not(
    plain: Options, tmp_path: Path
) -> None:
    """Else somebody watches a room without the audit log he named, and calls it calm."""
    log = but(plain, audit=(str(tmp_path / "audit.log"),))
    for engine, seat in (
        (plain, log),
        (log, but(log, audit=("/other.log",))),
        (log, but(log, prometheus="http://prom")),
    ):
        with pytest.raises(ConfigError, match="other sources"):
            joined(seat, engine)

    (tmp_path / "settings").write_text(f'[sources]\naudit = ["{log.audit[0]}"]\n')
    assert joined(log, plain) == ""


def test_a_drill_is_what_it_is(plain: Options) -> None:
    drill = but(plain, drill="shop", namespaces=("pay",))

    assert joined(drill, but(plain, drill="shop")) == ""
