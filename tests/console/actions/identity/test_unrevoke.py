"""Subjects come back exactly as they were, and what others changed since stays."""

from __future__ import annotations

from console.actions.identity.unrevoke import put_back

WEB, ANA, BOB, EVE = ({"kind": "User", "name": name} for name in ("web", "ana", "bob", "eve"))


def test_untouched_subjects_come_back_in_their_order() -> None:
    assert put_back([WEB, ANA, BOB], [ANA, BOB], [ANA, BOB]) == [WEB, ANA, BOB]


def test_what_others_took_out_or_added_since_stays() -> None:
    assert put_back([WEB, ANA, BOB], [ANA, BOB], [BOB, EVE]) == [BOB, EVE, WEB]


def test_names_put_in_for_a_group_go_again() -> None:
    group = {"kind": "Group", "name": "system:serviceaccounts:shop"}
    assert put_back([group], [ANA, BOB], [ANA, BOB, EVE]) == [EVE, group]


def test_what_somebody_put_back_already_is_not_doubled() -> None:
    assert put_back([WEB, ANA], [ANA], [ANA, WEB]) == [ANA, WEB]
