"""A finding that Alertmanager told of offers to silence its alert, another one does not."""

from __future__ import annotations

import pytest

from console.actions.catalogue import all_actions
from console.model.text import Clean
from console.ports.views import FindingRow
from widgets.render.offers import offers


@pytest.mark.parametrize(("key", "targets"), [("Alert//3f9a11c2d4e5f607", ["Alert//3f9a11c2d4e5f607"]), ("", [])])
def test_only_what_alertmanager_told_of_can_be_silenced(key: str, targets: list[str]) -> None:
    title, rule, kind, target, who = (Clean(word) for word in ("title", "rule", "Node", "n1", "nobody"))
    row = FindingRow(
        Clean("a"), Clean("low"), 1, 1.0, 2.0, title, rule, kind, target, who,
        target_key=Clean("Node//n1"), alert_key=Clean(key),
    )  # fmt: skip

    found = offers(row, "", lambda key: None, all_actions().specs())

    assert [one.target for one in found if one.spec.id == "alert.silence"] == targets
    assert "node.cordon" in {one.spec.id for one in found}
