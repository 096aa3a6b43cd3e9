"""`warroom posture`: standing weaknesses of the cluster or of manifests. It only reads."""

from __future__ import annotations

import argparse
import secrets

from console.cli.parsing import options_of
from console.cli.talking import complain, say, say_json
from console.cli.talking import run as run_command
from console.errors import BadInput
from console.hygiene.exporting import Exporter
from console.model.need import Need
from console.model.weakness import Weakness
from console.policy.podsecurity.judging import NEWEST, minor_of
from console.posture.auditing import is_policy
from console.posture.manifest import Manifest
from console.posture.reading import read_files
from console.posture.scanning import scan

FOUND, CLEAN, UNREADABLE = 10, 0, 2


def run(args: argparse.Namespace) -> int:
    """Exit 0 clean, 10 something weak, 2 when something could not be read or judged."""
    export = Exporter(secrets.token_bytes(32))
    if args.cluster and args.files:
        raise BadInput("Give either --cluster or files, not both.")
    minor = minor_of(args.psa_version) if args.psa_version else None
    if args.files:
        manifests, faults = read_files(args.files)
        minor = NEWEST if minor is None else minor
    else:
        from console.bootstrap.surveying import survey

        found = run_command(lambda: survey(options_of(args)))
        manifests, faults = found.manifests, found.faults
        minor = minor_of(found.version) if minor is None else minor
    weak, unjudged = scan(manifests, minor, _needs(args, manifests, export))
    for fault in (*faults, *unjudged):
        complain(export(fault))
    for one in weak:
        _tell(one, export, as_json=args.json)
    if faults or unjudged:
        # Of a cluster, what may not be read leaves the rest; a file was given to be judged.
        return UNREADABLE if args.files or not weak else FOUND
    return FOUND if weak else CLEAN


def _needs(args: argparse.Namespace, manifests: list[Manifest], export: Exporter) -> list[Need]:
    """What the detections in use need to be recorded; nobody asks where there is no audit policy."""
    if not any(map(is_policy, manifests)):
        return []
    from console.cli.ruling import rulebook_of
    from console.rules.needing import needs

    book = rulebook_of(args)
    for fault in book.rules.faults:
        complain(export(fault))
    return needs(book.finding)


def _tell(one: Weakness, export: Exporter, *, as_json: bool) -> None:
    """One line each; in words the field comes last, where it may be long."""
    named, field, text = export(one.object), export(one.field), export(one.message)
    if as_json:
        fields = {"standard": one.standard, "control": one.control, "message": text, "field": field}
        say_json({"object": named} | fields)
    else:
        say(f"{one.standard:10} {one.control:26} {named}  {text}{f'  ({field})' if field else ''}")
