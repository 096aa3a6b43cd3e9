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
        (30, "payment…/checkout-7f9c4d-x2x4z"),
        (25, "pa…/checkout-7f9c4d-x2x4z"),
        (24, "pa…/checkout-7f9c…-x2x4z"),
        (18, "pa…/checkou…-x2x4z"),
    ],
)
def test_the_namespace_gives_way_first_and_a_pods_suffix_last(cells: int, shown: str) -> None:
    assert fit_place(POD, cells).rstrip() == shown.rstrip()
    assert width(fit_place(POD, cells)) == cells


@pytest.mark.parametrize("text", ["s/checkout-7f9c4d-x2x4z", "abc/checkout-7f9c4d-x2x4z", "node-1", "/", "a/", "/b"])
@pytest.mark.parametrize("cells", range(1, 30))
def test_a_place_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert width(fit_place(text, cells)) == cells


def test_two_pods_of_one_workload_stay_apart_where_there_is_no_room() -> None:
    assert fit_place("shop/checkout-worker-7f9c4d-aaaaa", 18) != fit_place("shop/checkout-worker-7f9c4d-bbbbb", 18)


def test_a_short_namespace_is_not_marked_as_cut() -> None:
    assert fit_place("s/checkout-7f9c4d-x2x4z", 18).startswith("s/checkout")


def test_text_that_is_not_plain_is_cut_at_its_end() -> None:
    assert fit_place("日本/名前が長いものです", 10).endswith("…")
