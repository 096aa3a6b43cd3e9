"""`warroom status` and `warroom stop`: look at a running incident without a screen, and end its engine."""

from __future__ import annotations

import argparse

from console.bootstrap.ending import end_by_signal
from console.bootstrap.linking import linked_socket
from console.bootstrap.seating import ended
from console.cli.choosing import engine_of
from console.cli.parsing import options_of
from console.cli.talking import complain, refused, rows_of, say, say_json, seat
from console.cli.talking import run as run_command
from console.config.options import Options
from console.errors import VersionSkew, WireError
from console.model.instants import stamp
from console.ports.session import Stop
from console.ports.views import FindingRow, HeaderView, ItemRow, Refusal, ResourceRow


def run(args: argparse.Namespace) -> int:
    """How the incident stands; exit 1 when no engine runs."""
    return run_command(lambda: _status(args))


async def _status(args: argparse.Namespace) -> int:
    try:
        options = await engine_of(options_of(args), as_json=args.json)
        async with seat(options, start=False) as session:
            (header,) = [row for row in await rows_of(session, "header") if isinstance(row, HeaderView)]
            findings = [row for row in await rows_of(session, "findings") if isinstance(row, FindingRow)]
            affected = [row for row in await rows_of(session, "resources") if isinstance(row, ResourceRow)]
            items = [row for row in await rows_of(session, "checklist") if isinstance(row, ItemRow)]
    except WireError as error:
        if args.json:
            say_json({"engine": False, "why": str(error)})
        complain(str(error))
        return 1
    counts, folder = _counts(findings), linked_socket(options)
    where = str(folder.parent) if folder else ""
    done = sum(1 for item in items if item.state in ("verified", "attested", "overridden", "n-a"))
    if args.json:
        say_json(
            {
                "engine": True,
                "header": header,
                "findings": counts,
                "affected": {row.key: row.status for row in affected},
                "checklist": {"done": done, "of": len(items)},
                "folder": where,
            }
        )
        return 0
    name = header.incident or "undeclared"
    say(f"{name}  {header.phase}  {header.context} {header.server}  opened {stamp(header.opened)}")
    say("findings: " + (", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"))
    say(
        f"affected: {len(affected)}   checklist: {done}/{len(items)}   undo debt: {header.undo_debt}   {header.journal}"
    )
    if where:
        say(f"record and evidence: {where}")
    for source in header.sources:
        since = f" since {stamp(source.since)}" if source.state != "live" and source.since else ""
        told = "; ".join(filter(None, (source.why, source.note)))
        say(f"{source.name}: {source.state}{since}{f' — {told}' if told else ''}")
    for alarm in header.alarms:
        say(f"ALARM {alarm}")
    return 0


def _counts(findings: list[FindingRow]) -> dict[str, int]:
    counts = dict.fromkeys(("critical", "high", "medium", "low", "info"), 0)
    for row in findings:
        counts[row.severity] = counts.get(row.severity, 0) + 1
    return counts


def stop(args: argparse.Namespace) -> int:
    """End the engine; exit 1 when none runs."""
    return run_command(lambda: _stop(args))


async def _stop(args: argparse.Namespace) -> int:
    options = options_of(args)
    try:
        options = await engine_of(options, careful=True)
        async with seat(options, start=False, agreed=False) as session:
            answer = await session.ask(Stop(getattr(args, "reason", "")))
    except VersionSkew:
        return await _stop_another(options)
    except WireError as error:
        complain(str(error))
        return 1
    if isinstance(answer, Refusal):
        return refused(answer, False)
    return await _wait(options)


async def _stop_another(options: Options) -> int:
    """End an engine of another version, which understands no request of ours."""
    path = linked_socket(options)
    if path is not None:
        end_by_signal(path)
    return await _wait(options)


async def _wait(options: Options) -> int:
    if not await ended(options):
        complain("The engine was told to end and has not yet: it may be finishing a write. See `warroom status`.")
        return 1
    say("The engine has ended; the record is kept.")
    return 0
