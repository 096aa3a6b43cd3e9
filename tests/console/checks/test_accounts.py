"""An account is stripped when reviews deny everything, no binding is left and no legacy token is accepted."""

from __future__ import annotations

import pytest

from console.checks import asking
from console.checks.accounts import probes, replaced, stripped
from console.checks.base import CHECKS
from console.model.action import Right
from console.model.ref import BY_KIND
from console.model.verdict import Verdict
from console.policy.rbac import account_groups, account_user
from tests.console.checks.book import Book

USER, GROUPS = account_user("shop", "web"), account_groups("shop")
HELD = (Right("get", "secrets", "", "shop"), Right("*", "*", "*"))


def _book(allowed: tuple[bool, ...] = (False, False), secrets: tuple[tuple[str, str], ...] = ()) -> Book:
    book = Book()
    for right, answer in zip(HELD, allowed, strict=False):
        book.know(asking.allowed(USER, right, GROUPS), answer)
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        book.watch(kind)
    book.know(asking.token_secrets("shop", "web"), secrets)
    book.know(asking.open_streams(USER), ())
    return book


def _bind(book: Book) -> Book:
    subject = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
    book.watch("ClusterRole", {"metadata": {"name": "read"}, "rules": [rule]})
    bound = {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "read"}, "subjects": [subject]}
    book.watch("ClusterRoleBinding", bound)
    return book


def _judge(book: Book) -> Verdict:
    return stripped(book, "shop", "web", HELD)


def test_all_denied_and_nothing_bound_is_stripped() -> None:
    verdict = _judge(_book(secrets=(("old", "2026-01-01"),)))
    assert verdict.truth is True
    assert verdict.residual == ()
    assert any("bound to pods" in line for line in verdict.limits)


@pytest.mark.parametrize(
    ("book", "observed"),
    [
        (_book((True, False)), "still allowed"),
        (_book(secrets=(("old", ""),)), "legacy tokens still valid: old"),
        (_bind(_book()), "1 bindings still reach it"),
    ],
)
def test_each_thing_left_keeps_it_from_being_stripped(book: Book, observed: str) -> None:
    verdict = _judge(book)
    assert verdict.truth is False
    assert observed in verdict.observed


def test_a_review_without_an_answer_is_unknown() -> None:
    assert _judge(_book((False,))).truth is None


def test_open_requests_are_residual_and_blindness_is_unverifiable() -> None:
    book = _book()
    book.know(asking.open_streams(USER), (("id", "watch", "secrets", "", 0.0),))
    assert _judge(book).residual == ("watch secrets is still open (x s)",)
    del book.facts[asking.open_streams(USER)]
    verdict = _judge(book)
    assert verdict.truth is True
    assert "cannot be seen" in verdict.unverifiable[0]


def test_the_check_asks_for_what_no_stripped_account_may_do() -> None:
    book = _book()
    for right in probes("shop"):
        book.know(asking.allowed(USER, right, GROUPS), False)
    assert CHECKS["account.stripped"](book, BY_KIND["ServiceAccount"].ref("shop", "web")).truth is True


def _account(name: str, uid: str) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "shop", "uid": uid}}


@pytest.mark.parametrize(
    ("accounts", "truth", "residual"),
    [
        ([_account("web", "u1")], False, 0),
        ([], False, 0),
        ([_account("fresh", "u2")], True, 0),
        ([_account("fresh", "u2"), _account("web", "u3")], True, 1),
    ],
)
def test_a_replaced_account_is_gone_and_none_of_its_name_came_back(
    accounts: list[dict[str, object]], truth: bool, residual: int
) -> None:
    book = Book()
    book.watch("ServiceAccount", *accounts)
    verdict = replaced(book, BY_KIND["ServiceAccount"].ref("shop", "web", "u1"), "fresh")
    assert (verdict.truth, len(verdict.residual)) == (truth, residual)
