"""Borders that types cannot hold: who makes clean text, who starts processes and tasks, who is asked for the time."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import sources

Allowed = Callable[[Path], bool]


def below(*folders: str) -> Allowed:
    return lambda path: any(path.is_relative_to(folder) for folder in folders)


def found(names: set[str], allowed: Allowed) -> list[str]:
    """Calls of these names in the product outside the files where they are allowed."""
    return [
        f"{path}:{line} {name}"
        for path in sources.files(*sources.PRODUCT)
        if not allowed(path)
        for line, name in sources.calls(path)
        if name in names
    ]


def test_only_hygiene_makes_clean_text() -> None:
    """`Clean` is the type of text that may leave the engine; made elsewhere, of anything but words that stand in the
    source, it would prove nothing."""
    made = [
        f"{path}:{node.lineno} {sources.written(node)}"
        for path in sources.files(*sources.PRODUCT)
        if not path.is_relative_to("console/hygiene")
        for node in sources.walk_calls(path)
        if sources.dotted(node.func).split(".")[-1] == "Clean" and not all(map(_printable_literal, node.args))
    ]

    assert made == []


def _printable_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and (node.value + "x").isprintable()


def test_no_cast_makes_clean_text() -> None:
    casts = [
        f"{path}:{node.lineno}"
        for path in sources.files(*sources.PRODUCT)
        if not path.is_relative_to("console/hygiene")
        for node in sources.walk_calls(path)
        if sources.dotted(node.func).split(".")[-1] == "cast" and node.args and "Clean" in sources.written(node.args[0])
    ]

    assert casts == []


def test_kubectl_is_printed_but_never_run() -> None:
    """Only the API client writes to the cluster; processes are the engine's own start and approved login plugins."""
    starters = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
    shells = {"asyncio.create_subprocess_shell"}

    assert found(starters | shells, lambda _: False) == []
    assert [
        f"{path}:{node.lineno}"
        for path in sources.files(*sources.PRODUCT)
        for node in sources.walk_calls(path)
        if _starts_process(sources.dotted(node.func)) and "kubectl" in sources.written(*node.args[:1])
    ] == []


def _starts_process(name: str) -> bool:
    front, _, last = name.rpartition(".")
    return (front == "subprocess" and last in {"run", "Popen", "call", "check_call", "check_output"}) or (
        last in {"create_subprocess_exec", "posix_spawn", "posix_spawnp", "execv", "execvp", "execve", "execvpe"}
    )


def test_tasks_are_started_in_one_place() -> None:
    """A bare task can be garbage collected while it runs; ruff bans two spellings, this finds the method too."""
    tasks = Path("console/ports/tasks.py")

    assert found({"asyncio.create_task", "asyncio.ensure_future", "loop.create_task"}, lambda path: path == tasks) == []


@pytest.mark.parametrize("package", ["kubernetes", "textual", "prometheus_api_client"])
def test_a_client_is_imported_in_its_own_room_alone(package: str) -> None:
    rooms = {
        "kubernetes": below("console/cluster"),
        "textual": below("console/app.py", "widgets"),
        "prometheus_api_client": below("console/sources"),
    }

    assert [
        f"{path}:{line}"
        for path in sources.files(*sources.PRODUCT)
        if not rooms[package](path)
        for line, name in sources.imports(path)
        if name.split(".")[0] == package
    ] == []
