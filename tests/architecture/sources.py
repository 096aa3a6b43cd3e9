"""The Python files of this checkout as syntax trees, parsed once."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("console", "widgets")
ALL = (*PRODUCT, "tests", "benchmarks", "scripts")


def files(*folders: str) -> list[Path]:
    """The Python files below these folders, relative to the checkout."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts)


def text(path: Path) -> str:
    """A file's text."""
    return (ROOT / path).read_text()


@functools.cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(text(path), str(path))


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call of a plain or dotted name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and (name := dotted(node.func)):
            yield node.lineno, name


def dotted(node: ast.expr) -> str:
    """`a.b.c` for such an expression, else nothing."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            front = dotted(value)
            return f"{front}.{name}" if front else ""
    return ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import anywhere in a file; `from a import b` gives `a.b`."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(str(module), names):
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)


def walk_calls(path: Path) -> Iterator[ast.Call]:
    """Every call in a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def written(*nodes: ast.expr) -> str:
    """Expressions as source text."""
    return " ".join(ast.unparse(node) for node in nodes)
