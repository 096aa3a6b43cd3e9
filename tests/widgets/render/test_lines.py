"""Names are cut so that one object can still be told from another."""

from __future__ import annotations

import pytest

from widgets.render.lines import fit_place, width

POD = "payments-production/checkout-7f9c4d-x2x4z"


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (41, POD),
        (44, POD + "   "),
        (30, "…duction/checkout-7f9c4d-x2x4z"),
        (18, "…kout-7f9c4d-x2x4z"),
    ],
)
def test_a_place_is_cut_at_its_beginning_and_keeps_a_pods_suffix(cells: int, shown: str) -> None:
    assert fit_place(POD, cells) == shown
    assert width(fit_place(POD, cells)) == cells


@pytest.mark.parametrize("text", ["s/checkout-7f9c4d-x2x4z", "abc/checkout-7f9c4d-x2x4z", "node-1", "/", "a/", "/b"])
@pytest.mark.parametrize("cells", range(1, 30))
def test_a_place_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert width(fit_place(text, cells)) == cells


def test_two_pods_of_one_workload_stay_apart_where_there_is_no_room() -> None:
    assert fit_place("shop/checkout-worker-7f9c4d-aaaaa", 18) != fit_place("shop/checkout-worker-7f9c4d-bbbbb", 18)


def test_what_is_no_place_keeps_its_beginning() -> None:
    assert fit_place("secrets, all namespaces", 10) == "secrets, …"


def test_text_that_is_not_plain_is_cut_at_its_end() -> None:
    assert fit_place("日本/名前が長いものです", 10).endswith("…")
