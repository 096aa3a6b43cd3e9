"""What masking must leave alone: every sentence of the product itself, and what a responder has to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.hygiene.redacting import redact
from tests.architecture import sources

KEY = b"incident"
FILLED = "shop/web-7f9c5d"
"""Stands for whatever a sentence puts in."""
CODE = ("console/hygiene", "console/rules/data")
"""Patterns and examples of secrets, not sentences."""
HEADERS = {"Bearer ", "Basic "}
"""Beginnings of the one header that is a secret."""
SAID_BY_KUBERNETES = {"invalid continue token: continue key is not valid: "}
"""A sentence of the API server that the drill repeats; masking a word of it hides nothing."""


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a file that may be shown, docstrings left out; what is put in is filled."""
    tree = sources.tree(path)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else FILLED for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inside:
            yield node.lineno, node.value


@pytest.mark.parametrize("room", ["actions", "checks", "incident", "policy", "model", "sources", "cluster", "rules"])
def test_no_sentence_of_the_product_is_masked(room: str) -> None:
    """`legacy token Secrets: being asked` was shown with a word missing."""
    masked = [
        f"{path}:{line} {shown}"
        for path in sources.files(f"console/{room}")
        if not any(path.is_relative_to(code) for code in CODE)
        for line, text in sentences(path)
        if not text.startswith(tuple(HEADERS)) and (shown := redact(text, KEY)) != text
    ]

    assert masked == []


@pytest.mark.parametrize("folder", ["console/cli", "console/drill", "console/journal", "console/bootstrap", "widgets"])
def test_no_sentence_of_the_front_ends_is_masked(folder: str) -> None:
    masked = [
        f"{path}:{line} {shown}"
        for path in sources.files(folder)
        for line, text in sentences(path)
        if "\ud800" not in text and not text.startswith(tuple(SAID_BY_KUBERNETES))  # a pattern of characters
        if (shown := redact(text, KEY)) != text
    ]

    assert masked == []


def test_no_word_of_a_card_or_a_rule_s_title_is_masked() -> None:
    root = sources.ROOT / "console"
    texts = [text for path in root.glob("runbooks/data/*.yaml") for text in _texts(yaml.safe_load(path.read_text()))]
    for path in root.glob("rules/data/*/*.yml"):
        rule = next(yaml.safe_load_all(path.read_text()))
        texts += [rule["title"], rule.get("description", "")]

    assert len(texts) > 500
    assert [redact(text, KEY) for text in texts if redact(text, KEY) != text] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    "text",
    [
        '"automountServiceAccountToken": false,',
        '"secretName": "web-tls"',
        "get secrets named db-password",
        'list secrets: secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" (403)',
        'create serviceaccounts/token: serviceaccounts "web" is forbidden: User "bob" cannot create resource (403)',
        "create serviceaccounts/token shop/web",
        "web-token rotates daily",
        "kubectl --token-file /var/run/token get pods",
        "system:serviceaccount:shop:web",
        "Secret shop/db-token (uid 6b8c1f9e-1b1c-4f0e-9c1e-2f6d1c1a7b11)",
        "registry.example/shop/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_a_responder_has_to_read_is_left_alone(text: str) -> None:
    assert redact(text, KEY) == text
