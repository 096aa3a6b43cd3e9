"""A file, a function and a class stay small enough to be read in one go."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture import sources

FILE, FUNCTION, CLASS, APP = 400, 60, 35, 300
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}


def lines_of(node: ast.AST) -> int:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", sources.files(*sources.ALL), ids=str)
def test_sizes_of_a_file_and_its_functions(path: Path) -> None:
    tree = sources.tree(path)
    count = len(sources.text(path).splitlines())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert count <= (APP if path == Path("console/app.py") else FILE)
    assert [f"{node.name}: {lines_of(node)} lines" for node in functions if lines_of(node) > FUNCTION] == []


@pytest.mark.parametrize("path", sources.files(*sources.PRODUCT), ids=str)
def test_classes_have_few_methods(path: Path) -> None:
    classes = [node for node in ast.walk(sources.tree(path)) if isinstance(node, ast.ClassDef)]
    methods = {
        node.name: sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)
        for node in classes
    }

    assert {name: count for name, count in methods.items() if count > CLASS} == {}


@pytest.mark.parametrize("path", sources.files(*sources.ALL), ids=str)
def test_every_module_says_what_it_is(path: Path) -> None:
    empty_package = path.name == "__init__.py" and not sources.text(path).strip() and path.parts[0] == "tests"

    assert empty_package or ast.get_docstring(sources.tree(path))


def test_names_say_what_a_file_does() -> None:
    assert [str(path) for path in sources.files(*sources.ALL) if FORBIDDEN_NAMES & {path.stem, *path.parts}] == []


def test_every_test_folder_is_a_package() -> None:
    """Without it `import console` would resolve to `tests/console`."""
    folders = {path.parent for path in sources.files("tests")}

    assert set() == {str(folder) for folder in folders if not (sources.ROOT / folder / "__init__.py").is_file()}
