"""Ask a person which incident is meant, or tell a script which option says so."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import msgspec

from console.bootstrap.choosing import Unclear, a_record, an_engine
from console.bootstrap.describing import Candidate
from console.cli.talking import say, say_json, typed
from console.config.options import Options
from console.errors import BadInput
from console.hygiene.exporting import known_safe
from console.model.instants import stamp
from console.model.text import Clean


async def engine_of(options: Options, *, careful: bool = False, as_json: bool = False) -> Options:
    """Options that lead to one running engine. Raises as `an_engine`, but never `Unclear`."""
    asks = _asks(as_json)
    return await _clear(options, lambda: an_engine(options, careful=careful, asks=asks), asks, as_json)


async def record_of(options: Options, *, as_json: bool = False) -> Options:
    """Options that lead to one record, of an engine that runs or has ended."""
    asks = _asks(as_json)
    return await _clear(options, lambda: a_record(options, asks=asks), asks, as_json)


def _asks(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and sys.stdout.isatty()


async def _clear(options: Options, find: Callable[[], Awaitable[Options]], asks: bool, as_json: bool) -> Options:
    try:
        return await find()
    except Unclear as unclear:
        if asks:
            return msgspec.structs.replace(options, incident=await _asked(unclear))
        if as_json:
            say_json({"why": known_safe(unclear.why), "choose": list(unclear.candidates)})
        for one in unclear.candidates:
            sys.stderr.write(f"  {line(one)}\n")
        raise BadInput(f"{unclear.why} Choose one of these with --incident NAME.") from None


async def _asked(unclear: Unclear) -> str:
    """The incident whose number was typed; enter takes the one of this kubeconfig's cluster."""
    say(known_safe(unclear.why))
    default = ""
    for number, one in enumerate(unclear.candidates, 1):
        if one.incident == unclear.default:
            default = str(number)
        mine = "   (this kubeconfig's cluster)" if one.incident == unclear.default else ""
        say(f"  {number}  {line(one)}{mine}")
    hint = f", enter for {default}" if default else ""
    answer = await typed(f"type a number to choose{hint}, anything else to cancel: ") or default
    if answer.isascii() and answer.isdecimal() and 0 < int(answer) <= len(unclear.candidates):
        return unclear.candidates[int(answer) - 1].incident
    raise BadInput("Nothing was chosen, nothing was done.")


def line(one: Candidate) -> Clean:
    """One incident in a list."""
    if one.why:
        return known_safe(f"{one.incident}  {one.why}")
    name = one.name or "undeclared"
    where = "DRILL" if one.drill else one.cluster
    state = "" if one.running else "  no engine runs"
    return known_safe(f"{one.incident}  {name}  {where}  since {stamp(one.since)}{state}")
