"""Scenario files: what is shipped loads, what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.drill.scenario import load, shipped, span
from console.drill.simulation import Drill
from console.errors import BadInput, DataError
from console.ports.clock import ManualClock

_SHOP = Path("console/drill/data/shop.yaml")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_opens(name: str) -> None:
    scenario = load(name)

    drill = Drill(scenario, 0, ManualClock())

    assert scenario.id == name
    assert {"steady", "reckless"} <= set(scenario.plays)
    assert drill.story


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"No scenario 'shopp'\. Shipped: shop;"):
        load("shopp")


def test_a_scenario_may_come_from_a_file(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_text(_text())

    assert load(str(copy)).title == load("shop").title


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("id: shop", "id: [", "This is not YAML"),
        ("id: shop", "id: " + "[" * 100_000, "more than 100 levels"),
        ("limit: 20m", "limits: 20m", "unknown field `limits`"),
        ("object: miner", "object: mine", r"move miner names the object 'mine'"),
        ("at: -14m", "at: soon", r"move rights: 'soon' is no span of time"),
        ("{as: alice, every: 35", "{as: bob, every: 35", "everyday names 'bob', who is not in people"),
    ],
)
def test_a_mistake_in_a_scenario_is_named_with_its_file(tmp_path: Path, before: str, after: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(_text().replace(before, after))

    with pytest.raises(DataError, match=says) as caught:
        load(str(path))

    assert str(caught.value).startswith(str(path))


def test_an_object_the_cluster_refuses_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        _text().replace("metadata: {name: web, namespace: shop}}", "metadata: {name: WEB, namespace: shop}}")
    )

    with pytest.raises(DataError, match=r'ServiceAccount WEB: ServiceAccount "WEB" is invalid'):
        Drill(load(str(path)), 0, ManualClock())


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("-14m", -840), ("2h", 7200), ("0.5s", 0.5)])
def test_spans_of_time(text: str, seconds: float) -> None:
    assert span(text) == seconds


def _text() -> str:
    return (Path(__file__).parents[3] / _SHOP).read_text()
