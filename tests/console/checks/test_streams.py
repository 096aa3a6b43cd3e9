"""Streams into pods must be gone; watches are told; without an audit record nothing is known."""

from __future__ import annotations

import console.checks.streams  # noqa: F401 - registers the check
from console.checks import asking
from console.checks.base import CHECKS
from console.model.ref import BY_KIND, ResourceRef
from tests.console.checks.book import Book

check = CHECKS["streams.closed"]
EVE = ResourceRef("", "", "User", "", "eve")


def test_an_open_exec_is_not_closed_and_a_watch_is_residual() -> None:
    book = Book()
    watch, held = ("2", "watch", "secrets", "", 0.0), ("1", "create", "shop/web", "exec", 0.0)
    book.know(asking.open_streams("eve"), (held, watch))
    verdict = check(book, EVE)
    assert verdict.truth is False
    assert "exec shop/web" in verdict.observed
    book.know(asking.open_streams("eve"), (watch,))
    verdict = check(book, EVE)
    assert verdict.truth is True
    assert verdict.residual[0].startswith("watch secrets stays open")


def test_without_an_audit_record_it_is_unknown() -> None:
    assert check(Book(), EVE).truth is None


def test_a_service_account_is_asked_for_by_its_user_name() -> None:
    book = Book()
    book.know(asking.open_streams("system:serviceaccount:shop:web"), ())
    assert check(book, BY_KIND["ServiceAccount"].ref("shop", "web")).truth is True
