"""`warroom rules`: list them, check files, run their samples, explain why one matches. No cluster, no engine."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from console.cli.parsing import options_of
from console.cli.talking import complain, say, say_json
from console.config.settings import load
from console.errors import BadInput
from console.hygiene.exporting import Exporter
from console.rules.compiling import RuleSet
from console.rules.explaining import Enough, Explained, Explainer, Searched
from console.rules.loading import SHIPPED, load_rule, load_rules
from console.rules.offline import feed_file
from console.rules.rule import Rule
from console.rules.sampling import misjudged

_EXPORT = Exporter(secrets.token_bytes(32))
_MOST = 5
"""Matching events explained."""


def run(args: argparse.Namespace) -> int:
    """Exit 0 good, 1 a rule that cannot be used or a sample that does not hold, 2 bad input."""
    return {"list": _list, "check": _check, "test": _test, "explain": _explain}[args.what](args)


def _folders(args: argparse.Namespace) -> list[Path]:
    """Ours, and the user's own from the settings."""
    own = load(options_of(args)).rules.folder
    return [SHIPPED, *([Path(own).expanduser()] if own else [])]


def _all(args: argparse.Namespace) -> RuleSet:
    loaded = load_rules(*_folders(args))
    rules = RuleSet(loaded.rules, loaded.faults)
    for fault in rules.faults:
        complain(_EXPORT(fault))
    return rules


def _list(args: argparse.Namespace) -> int:
    if args.names:
        raise BadInput("`rules list` takes no names; `rules explain ID` tells of one.")
    for rule in _all(args).rules:
        if args.json:
            say_json(_record(rule))
        else:
            ids = " ".join(rule.catalogue)
            say(f"{rule.severity.value:8} {rule.id:28} {_EXPORT(rule.title):40} {ids:16} {' '.join(rule.attack)}")
    return 0


def _record(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "title": _EXPORT(rule.title),
        "severity": rule.severity.value,
        "catalogue": rule.catalogue,
        "attack": rule.attack,
        "file": _EXPORT(rule.where.rpartition(":")[0]),
        "reads": rule.reads,
        "tactic": rule.tactic,
        "marker": rule.marker,
    }


def _files(args: argparse.Namespace) -> Iterator[Path]:
    """The rule files of the paths that were named; of none, all there are."""
    for path in map(Path, args.names) if args.names else _folders(args):
        if not path.exists():
            raise BadInput(f"{path} is not there. Name rule files, or folders of them.")
        yield from sorted(path.rglob("*.yml")) if path.is_dir() else [path]


def _check(args: argparse.Namespace) -> int:
    """Every file by itself: whether it can be read, and compiled."""
    checked, faults = 0, 0
    for path in _files(args):
        checked += 1
        try:
            rules = RuleSet([load_rule(path)])
            fault = next(iter(rules.faults), "")
        except BadInput as error:
            fault = str(error)
        if fault:
            faults += 1
            _tell(args, path, fault)
    if not args.json:
        say(f"{checked} rule files, {faults} cannot be used")
    return 1 if faults else 0


def _test(args: argparse.Namespace) -> int:
    """The samples of every file, judged by all rules together: one may come after another."""
    known = _all(args)
    checked, failed = 0, 0
    for path in _files(args):
        checked += 1
        try:
            rule = load_rule(path)
            others = [one for one in known.rules if one.id != rule.id]
            shared = any(one.detection == rule.detection for one in known.rules if one.id == rule.id)
            rules = known if shared else RuleSet([*others, rule])
            sentences = [*(rules.faults if rules is not known else ()), *misjudged(path, rules)]
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
    rules = _all(args)
    one = next((one for one in rules.every if one.rule.id == args.names[0]), None)
    if one is None:
        raise BadInput(f"No rule is called {args.names[0]!r}. See `warroom rules list`.")
    if not args.json:
        _introduce(one.rule)
    explainer = Explainer(one, rules, _MOST)
    with suppress(Enough):
        for path in args.names[1:]:
            feed_file(path, explainer)
    for explained in explainer.told:
        _say_explained(explained, as_json=args.json)
    if args.names[1:] and not explainer.events:
        complain("no line of these files is an audit event or what a sensor tells; see that they are logs of these")
        return 2
    return 0


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


def _say_explained(told: Explained, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "auditID": _EXPORT(told.audit_id),
                "matched": told.matched,
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
