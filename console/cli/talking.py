"""What all commands share: a session for the length of one command, rows of a topic, and clean output."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from console.bootstrap.choosing import Unclear, an_engine
from console.bootstrap.seating import enter, hello, join
from console.config.options import Options
from console.errors import BadInput, WireError
from console.model.text import Clean
from console.ports.session import Session, Snapshot
from console.ports.views import Refusal, Row

V = TypeVar("V")
T = TypeVar("T")
_FIRST = 20.0
"""Seconds to wait for the first rows of an engine that has just started."""


@asynccontextmanager
async def seat(options: Options, *, start: bool = True, agreed: bool = True) -> AsyncIterator[Session]:
    """A seat at the engine, left again at the end. With `start` the engine is started when none runs.

    Args:
        agreed: refuse when these options ask for another context, identity or namespaces than the engine has.
    """
    if options.incident:
        try:
            options = await an_engine(options)
        except Unclear as unclear:
            ids = ", ".join(one.incident for one in unclear.candidates)
            raise BadInput(f"{unclear.why} Say which with --incident: {ids}.") from None
    if start:
        session, welcome = await enter(options)
    else:
        session = await join(options, agreed=agreed)
        welcome = await session.open(hello(options))
    if welcome.notice:
        complain(welcome.notice)
    try:
        yield session
    finally:
        await session.close()


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run an async command to its exit code, or to whatever it gives."""
    return asyncio.run(_awaited(work))


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


async def rows_of(session: Session, topic: str) -> list[Row]:
    """All rows of a topic as they are now. Raises `WireError` when the engine does not tell them."""
    rows: list[Row] = []
    updates = session.subscribe(topic)
    try:
        async with asyncio.timeout(_FIRST):
            async for update in updates:
                if isinstance(update, Snapshot):
                    rows = [*(() if update.first else rows), *update.rows]
                    if update.last:
                        break
    except TimeoutError as error:
        raise WireError(f"The engine did not answer within {_FIRST:.0f} s. See its log, or `warroom stop`.") from error
    await updates.aclose()  # type: ignore[attr-defined]  # every implementation is an async generator
    return rows


async def filled(session: Session, topic: str) -> list[Row]:
    """Rows of a topic that always has some: waits for the first when the engine has only just started."""
    updates = session.subscribe(topic)
    rows: dict[str, Row] = {}
    whole = False
    try:
        async with asyncio.timeout(_FIRST):
            async for update in updates:
                if isinstance(update, Snapshot):
                    rows = {} if update.first else rows
                    rows |= {row.key: row for row in update.rows}
                    whole = update.last
                else:
                    rows |= {row.key: row for row in update.upserts}
                if whole and rows:
                    break
    except TimeoutError:
        pass  # shown as it is: empty
    await updates.aclose()  # type: ignore[attr-defined]  # every implementation is an async generator
    return list(rows.values())


def say(text: str) -> None:
    """One line to standard output. A reader that has gone does not end the command: its exit code still counts."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def typed(prompt: str) -> str:
    """What a person types in answer, "" at the end of input. Ctrl-C works while it waits."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not line.done():
            line.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return (await line).strip()
    finally:
        loop.remove_reader(sys.stdin.fileno())


def complain(text: str) -> None:
    """One line to standard error, or nowhere when its reader has gone: the exit code still counts."""
    try:
        sys.stderr.write(f"warroom: {text}\n")
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def say_json(value: Any) -> None:
    """One JSON line. Views are written with their own field names, without the tag."""
    say(msgspec.json.encode(msgspec.to_builtins(value)).decode())


def refused(answer: Refusal, as_json: bool) -> int:
    """Tell a refusal and give its exit code."""
    if as_json:
        say_json({"refused": answer.text, "exit_code": answer.exit_code})
    complain(answer.text)
    return answer.exit_code


def bullet(title: str, lines: tuple[Clean, ...]) -> None:
    """A titled list, left out when empty."""
    if lines:
        say(f"{title}:")
        for line in lines:
            say(f"  {line}")


def expect(answer: object, kind: type[V]) -> V:
    """An answer of the kind the protocol promises; anything else is version skew."""
    if not isinstance(answer, kind):
        raise WireError(f"The engine answered {type(answer).__name__}; end it with `warroom stop` and start again.")
    return answer
