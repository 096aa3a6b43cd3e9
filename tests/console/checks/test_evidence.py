"""Evidence counts by kind and by incarnation, never by name."""

from __future__ import annotations

import pytest

import console.checks.evidence  # noqa: F401 - registers the check
from console.checks import asking
from console.checks.base import CHECKS
from console.model.ref import BY_KIND
from tests.console.checks.book import Book

check = CHECKS["evidence.pod"]
TARGET = BY_KIND["Pod"].ref("shop", "web", "u1")


def _book(*kinds: str, restarts: int = 0, uid: str = "u1") -> Book:
    book = Book()
    status = {"containerStatuses": [{"name": "c", "restartCount": restarts}]}
    book.watch("Pod", {"metadata": {"name": "web", "namespace": "shop", "uid": "u1"}, "status": status})
    for kind in ("pod.yaml", "pod.logs", "events", "pod.logs.previous"):
        book.know(asking.evidence(kind, "u1"), ())
        book.know(asking.missed(kind, "u1"), ())
    for kind in kinds:
        book.know(asking.evidence(kind, uid), ("sha",))
    return book


@pytest.mark.parametrize(
    ("book", "truth"),
    [
        (_book("pod.yaml", "pod.logs", "events"), True),
        (_book("pod.yaml", "pod.logs"), False),
        (_book("pod.yaml", "pod.logs", "events", restarts=1), False),
        (_book("pod.yaml", "pod.logs", "events", "pod.logs.previous", restarts=1), True),
        (_book("pod.yaml", "pod.logs", "events", uid="u0"), False),
    ],
)
def test_a_pods_evidence_is_complete_only_for_that_incarnation(book: Book, truth: bool) -> None:
    assert check(book, TARGET).truth is truth


def test_what_could_not_be_captured_is_told() -> None:
    book = _book("pod.yaml", "events")
    book.know(asking.missed("pod.logs", "u1"), ("container c: waiting to start",))
    verdict = check(book, TARGET)
    assert verdict.truth is False
    assert verdict.residual == ("pod.logs was not captured: container c: waiting to start",)


def test_nothing_is_known_of_a_pod_without_uid() -> None:
    book = Book()
    book.watch("Pod")
    assert check(book, BY_KIND["Pod"].ref("shop", "gone")).truth is None
