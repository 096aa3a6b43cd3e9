"""`warroom rules`: list them, check files, run their samples, explain why one matches. No cluster, no engine."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from console.cli.parsing import options_of
from console.cli.ruling import rulebook_of, settings_file
from console.cli.talking import complain, say, say_json
from console.config.settings import RuleSettings, load
from console.errors import BadInput
from console.hygiene.exporting import Exporter
from console.model.signal import Change
from console.posture.reading import read_files
from console.rules.compiling import RuleSet, compile_rule
from console.rules.explaining import Enough, Explained, Explainer, Searched
from console.rules.loading import SHIPPED, load_rule, rule_files
from console.rules.offline import feed_file
from console.rules.pushing.listing import unasked
from console.rules.rule import Rule
from console.rules.rulebook import Rulebook, gather, own_folder, unusable
from console.rules.sampling import misjudged
from console.rules.tuning import nearest
from console.rules.watched import change_of

_EXPORT = Exporter(secrets.token_bytes(32))
_MOST = 5
"""Matching events explained."""


def run(args: argparse.Namespace) -> int:
    """Exit 0 good, 1 a rule that cannot be used or a sample that does not hold, 2 bad input."""
    return {"list": _list, "check": _check, "test": _test, "explain": _explain}[args.what](args)


def _book(args: argparse.Namespace) -> Rulebook:
    """Ours, and the user's own, as the settings have them; what is wrong with them is told first."""
    book = rulebook_of(args)
    for fault in book.rules.faults:
        complain(_EXPORT(fault))
    return book


def _list(args: argparse.Namespace) -> int:
    if args.names:
        raise BadInput("`rules list` takes no names; `rules explain ID` tells of one.")
    book = _book(args)
    left = unasked(book.known) if args.json else {}
    for rule in book.known:
        if args.json:
            say_json(_record(rule, book) | {"unasked": _unasked(rule, left)})
        else:
            ids = " ".join(rule.catalogue)
            line = f"{rule.severity.value:8} {rule.id:28} {_EXPORT(rule.title):40} {ids:16} {' '.join(rule.attack)}"
            other = _other(rule, book)
            say(f"{line}  [{other}]" if other else line)
    return 0


def _record(rule: Rule, book: Rulebook) -> dict[str, object]:
    return {
        "rule": rule.id,
        "title": _EXPORT(rule.title),
        "severity": rule.severity.value,
        "catalogue": rule.catalogue,
        "attack": rule.attack,
        "file": _EXPORT(rule.where.rpartition(":")[0]),
        "reads": rule.reads,
        "tactic": rule.tactic,
        "marker": rule.marker or bool(book.disabled.get(rule.id)),
        "state": _state(rule, book),
        "tuned": book.tuned.get(rule.id, ()),
    }


def _unasked(rule: Rule, left: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """By how a search cluster's documents are laid out: why it is not asked for this rule."""
    return {layout: _EXPORT(kept[rule.id]) for layout, kept in left.items() if rule.id in kept}


def _state(rule: Rule, book: Rulebook) -> str:
    return "disabled" if rule.id in book.disabled else "on"


def _other(rule: Rule, book: Rulebook) -> str:
    """What the settings make of a rule, in words; "" when nothing."""
    if (later := book.disabled.get(rule.id)) is not None:
        return f"disabled; a marker for {', '.join(later)}, which comes after it" if later else "disabled"
    return f"tuned: {', '.join(book.tuned[rule.id])}" if rule.id in book.tuned else ""


def _own(args: argparse.Namespace) -> Path | None:
    """The folder of the user's own rules."""
    return own_folder(load(options_of(args)).rules)


def _files(args: argparse.Namespace) -> Iterator[Path]:
    """The rule files of the paths that were named; of none, all there are."""
    for path in map(Path, args.names) if args.names else filter(None, (SHIPPED, _own(args))):
        if not path.exists():
            raise BadInput(f"{path} is not there. Name rule files, or folders of them.")
        yield from rule_files(path) if path.is_dir() else [path]


def _check(args: argparse.Namespace) -> int:
    """Every file by itself, whether it can be read and compiled; without names also what all are together."""
    checked, broken = 0, set[str]()
    for path in _files(args):
        checked += 1
        try:
            fault = unusable(load_rule(path))
        except BadInput as error:
            fault = str(error)
        if fault:
            broken.add(str(path))
            _tell(args, path, fault)
    # Two rules of one id, a sequence after a rule that is not there, an id mistyped in the settings.
    together = [] if args.names else [one for one in rulebook_of(args).rules.faults if _file(one) not in broken]
    for fault in together:
        _tell(args, Path(_file(fault)), fault.removeprefix(f"{_file(fault)}:").lstrip())
    if not args.json:
        more = f", {len(together)} more faults" if together else ""
        say(f"{checked} rule files, {len(broken)} cannot be used{more}")
    return 1 if broken or together else 0


def _file(fault: str) -> str:
    """The file that a fault is about."""
    return fault.partition(":")[0]


def _test(args: argparse.Namespace) -> int:
    """The samples of every file, judged by all rules together, as they are written: one may come after another."""
    known = gather(_own(args), RuleSettings(), "").rules
    for fault in known.faults:
        complain(_EXPORT(fault))
    checked, failed = 0, 0
    for path in _files(args):
        checked += 1
        try:
            rule = load_rule(path)
            others = [one for one in known.rules if one.id != rule.id]
            shared = any(one.detection == rule.detection for one in known.rules if one.id == rule.id)
            fault = "" if shared else unusable(rule)
            rules = known if shared or fault else RuleSet([*others, rule])
            sentences = [fault] if fault else misjudged(path, rules)
        except BadInput as error:
            sentences = [str(error)]
        failed += bool(sentences)
        for sentence in sentences:
            _tell(args, path, sentence)
    if not args.json:
        say(f"{checked} rule files, the samples of {failed} do not hold")
    return 1 if failed else 0


def _tell(args: argparse.Namespace, path: Path, sentence: str) -> None:
    if args.json:
        say_json({"file": _EXPORT(str(path)), "fault": _EXPORT(sentence)})
    else:
        say(_EXPORT(f"{path}: {sentence}"))


def _explain(args: argparse.Namespace) -> int:
    if not args.names:
        raise BadInput("`rules explain` needs the id of a rule, and may have files of audit events. See `rules list`.")
    book = _book(args)
    rule = next((rule for rule in book.known if rule.id == args.names[0]), None)
    if rule is None:
        meant = nearest(args.names[0], [rule.id for rule in book.known])
        raise BadInput(f"No rule is called {args.names[0]!r}{meant or '.'} See `warroom rules list`.")
    if not args.json:
        _introduce(rule)
        for layout, why in _unasked(rule, unasked(book.known)).items():
            say(f"not asked of a search cluster that holds {layout}: {why}")
        if other := _other(rule, book):
            say(_EXPORT(f"by the settings {settings_file(args)}: {other}"))
    explainer = Explainer(compile_rule(rule), book.rules, _MOST)
    with suppress(Enough):
        if rule.reads == "object":
            explainer.notice(_manifests(args.names[1:]))
        for path in args.names[1:] if rule.reads != "object" else ():
            feed_file(path, explainer)
    for explained in explainer.told:
        _say_explained(explained, _state(rule, book), as_json=args.json)
    if args.names[1:] and not explainer.events:
        complain(
            f"these files hold no {'manifest' if rule.reads == 'object' else 'audit event, nor what a sensor tells'}"
        )
        return 2
    return 0


def _manifests(paths: list[str]) -> list[Change]:
    """The objects of these files, as if they were made now."""
    found, faults = read_files(paths)
    changes: list[Change] = []
    for one in found:
        try:
            changes.append(change_of(one.body, 0.0))
        except BadInput as error:
            faults.append(f"{one}: {error}")
    for fault in faults:
        complain(_EXPORT(fault))
    return changes


def _introduce(rule: Rule) -> None:
    say(f"{rule.id}  {_EXPORT(rule.title)}  {rule.severity.value}  {' '.join((*rule.catalogue, *rule.attack))}")
    say(_EXPORT(rule.description))
    for text in rule.falsepositives:
        say(_EXPORT(f"also: {text}"))
    if rule.threshold:
        by = ", ".join(rule.threshold.by)
        say(f"counts: {rule.threshold.count} within {rule.threshold.within:.0f} s, apart for {by}")
    if rule.after:
        say(f"only within {rule.after.within:.0f} s after {', '.join(rule.after.rules)}")
    say(f"condition: {_EXPORT(str(rule.detection['condition']))}")


def _say_explained(told: Explained, state: str, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "auditID": _EXPORT(told.audit_id),
                "matched": told.matched,
                "state": state,
                "condition": _EXPORT(told.condition),
                "searches": [_searched(one) for one in told.searches],
            }
        )
        return
    say(f"\n{'matches' if told.matched else 'does not match; this one comes nearest'}: event {_EXPORT(told.audit_id)}")
    for search in told.searches:
        say(f"  {_yes(search.matched)} {_EXPORT(search.name)}")
        for number, group in enumerate(search.alternatives):
            for one in group:
                first = "or " if number and one is group[0] else "   "
                wanted, found = ", ".join(one.wanted), ", ".join(one.found) or "absent"
                say(f"    {first}{_yes(one.matched)} {_EXPORT(f'{one.field}: {wanted}')}  found {_EXPORT(found)}")


def _yes(matched: bool) -> str:
    return "yes" if matched else "no "


def _searched(one: Searched) -> dict[str, object]:
    return {
        "name": _EXPORT(one.name),
        "matched": one.matched,
        "fields": [
            {
                "alternative": number,
                "field": _EXPORT(looked.field),
                "wanted": _EXPORT.many(looked.wanted),
                "found": _EXPORT.many(looked.found),
                "matched": looked.matched,
            }
            for number, group in enumerate(one.alternatives)
            for looked in group
        ],
    }
