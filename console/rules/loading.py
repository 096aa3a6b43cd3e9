"""Reads rule files: Sigma YAML, one rule a file, its samples in a second document that only tests read.

In: folders. Out: the rules, and every fault as a sentence with file and line; one bad file never hides the others.
YAML is imported here and nowhere else in the engine's hot path, with the C loader, which makes no objects of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.severity import Severity
from console.rules.baseline import NEW
from console.rules.rule import TACTICS, After, Rule, Threshold

SHIPPED = Path(__file__).parent / "data"
_LEVELS = {"informational": "info"}
_KEYS = frozenset(
    (
        *("title", "id", "status", "description", "references", "author", "date", "modified", "tags", "logsource"),
        *("level", "detection", "falsepositives", "fields"),
        *("catalogue", "levels", "threshold", "after", "first", "target", "marker"),  # ours, beyond Sigma
    )
)
_SPAN = re.compile(r"^(\d{1,9})([smhd])$")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TITLE = 40
_ENDINGS = (".yml", ".yaml")


class Loaded(msgspec.Struct, frozen=True):
    """What a folder of rules holds."""

    rules: tuple[Rule, ...]
    faults: tuple[str, ...]
    """One sentence for each rule that is not used: file, line, reason."""


def load_rules(*folders: Path) -> Loaded:
    """All rules under these folders; a later folder replaces rules of the same id."""
    rules: dict[str, Rule] = {}
    faults: list[str] = []
    for folder in folders or (SHIPPED,):
        here: dict[str, str] = {}
        for path in rule_files(folder, faults.append):
            try:
                rule = load_rule(path, folder)
            except BadInput as error:
                faults.append(str(error))
                continue
            except Exception as error:  # a boundary: whatever one file holds, the others are used
                name = path.relative_to(folder)
                faults.append(f"{name}:1: cannot be read as a rule ({type(error).__name__}); the rule is not used")
                continue
            if rule.id in here:
                faults.append(f"{rule.where}: id {rule.id} is already that of {here[rule.id]}; the rule is not used")
                continue
            here[rule.id] = rule.where
            rules[rule.id] = rule
    return Loaded(tuple(rules.values()), tuple(faults))


def rule_files(folder: Path, tell: Callable[[str], None] = lambda fault: None) -> list[Path]:
    """The rule files under a folder, in order; what is hidden is none: editors, git and mounts keep copies there.

    Args:
        tell: given a sentence for each folder below, and each pipe or broken link, that cannot be read.
    """

    def unread(error: OSError) -> None:
        name = os.path.relpath(error.filename or folder, folder)
        tell(f"{name}: the folder cannot be read ({error.strerror}); its rules are not used")

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=unread):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(parent, name) for name in names if name.endswith(_ENDINGS) and not name.startswith(".")):
            if path.is_file():
                found.append(path)
            else:
                tell(f"{path.relative_to(folder)}:1: is no file that can be read; the rule is not used")
    return sorted(found)


def load_rule(path: Path, root: Path | None = None) -> Rule:
    """One rule file. Raises BadInput naming file and line."""
    name = str(path.relative_to(root)) if root else path.name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}: cannot be read ({error})") from None
    head, lines = _first_document(text, name)
    try:
        return _rule(head, f"{name}:{lines.get('detection', 1)}")
    except _Fault as fault:
        raise BadInput(f"{name}:{lines.get(fault.key, 1)}: {fault}; the rule is not used") from None


def load_samples(path: Path) -> dict[str, Any]:
    """The second document of a rule file: `match` and `silent` lists of events."""
    from console.hygiene.documents import load_documents

    documents = list(load_documents(path.read_text(encoding="utf-8")))
    return documents[1] if len(documents) > 1 and isinstance(documents[1], dict) else {}


class _Fault(Exception):
    """A mistake in one key of a rule."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def _first_document(text: str, name: str) -> tuple[dict[str, Any], dict[str, int]]:
    import yaml

    from console.hygiene.documents import load_document

    head = re.split(r"^---\s*$", text.removeprefix("---\n"), maxsplit=1, flags=re.MULTILINE)[0]
    try:
        value = load_document(head)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        begun = 2 if text.startswith("---\n") else 1
        line = min(mark.line + begun, len(text.splitlines())) if mark else 1  # the end lies behind the last line
        raise BadInput(f"{name}:{line}: not YAML ({getattr(error, 'problem', error)}); the rule is not used") from None
    except (RecursionError, ValueError) as error:
        raise BadInput(f"{name}:1: not usable YAML ({type(error).__name__}); the rule is not used") from None
    if not isinstance(value, dict):
        raise BadInput(f"{name}:1: a rule is a mapping with title, id, level and detection; the rule is not used")
    lines = {
        match.group(1): number
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.match(r"([A-Za-z_]+):", line))
    }
    return value, lines


def _rule(head: dict[str, Any], where: str) -> Rule:
    for key in head:
        if key not in _KEYS:
            raise _Fault(str(key), f"unknown key {key!r}")
    title = _text(head, "title")
    if len(title) > _TITLE:
        raise _Fault("title", f"the title has {len(title)} characters, at most {_TITLE} fit the screen")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{2,59}", _text(head, "id")):
        raise _Fault("id", "an id has 3 to 60 letters, digits and dashes")
    severity = _severity(head.get("level"), "level")
    detection = head.get("detection")
    if not isinstance(detection, dict) or not isinstance(detection.get("condition"), str):
        raise _Fault("detection", "detection needs searches and a condition")
    return Rule(
        id=_text(head, "id"),
        title=title,
        severity=severity,
        detection=_searches(detection),
        where=where,
        description=str(head.get("description", "")).strip(),
        catalogue=_texts(head, "catalogue"),
        attack=tuple(tag[7:].upper() for tag in _texts(head, "tags") if re.match(r"(?i)attack\.t\d", tag)),
        falsepositives=_texts(head, "falsepositives"),
        threshold=_threshold(head.get("threshold")),
        after=_after(head.get("after")),
        levels=_levels(head.get("levels", [])),
        first=_first(head),
        fields=_texts(head, "fields"),
        target=_target(head.get("target", "object")),
        tactic=_tactic(head, where),
        reads=_reads(head.get("logsource")),
        marker=head.get("marker") is True,
    )


_READ = {"process_creation": "process", "network_connection": "flow", "dns_query": "flow"}
"""Sigma's categories of log sources that sensors on the nodes tell."""

_SERVICES = {"audit": "audit", "objects": "object"}
"""What of Kubernetes tells: its audit trail, or watches of its objects."""


def _reads(source: Any) -> str:
    """Which signals a log source means; without a category it is the audit trail."""
    if source is None:
        return "audit"
    if not isinstance(source, dict):
        raise _Fault("logsource", "logsource is a mapping: product, service or category")
    category, product = str(source.get("category", "application")), str(source.get("product", "kubernetes"))
    if category in _READ and product in ("linux", "kubernetes"):
        return _READ[category]
    service = str(source.get("service", "audit"))
    if product == "kubernetes" and category == "application" and service in _SERVICES:
        return _SERVICES[service]
    known = f"product kubernetes with service audit or objects, or product linux with category {', '.join(_READ)}"
    raise _Fault("logsource", f"no source tells of this logsource; give {known}")


def _tactic(head: dict[str, Any], where: str) -> str:
    tagged = (tag[7:].lower().replace("_", "-") for tag in _texts(head, "tags") if tag.lower().startswith("attack."))
    return next((word for word in (*tagged, where.partition("/")[0]) if word in TACTICS), "")


def _severity(value: Any, key: str) -> Severity:
    level = str(value or "").lower()
    try:
        return Severity(_LEVELS.get(level, level))
    except ValueError:
        raise _Fault(key, f"level {level!r} is none of critical, high, medium, low, info") from None


def _levels(value: Any) -> tuple[tuple[Severity, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) and one.get("when") for one in value):
        raise _Fault("levels", "levels is a list of a level and when it holds")
    parts = [part for one in value for part in _parts(one["when"])]
    if not all(isinstance(part, dict) and all(isinstance(key, str) for key in part) for part in parts):
        raise _Fault("levels", "when of a level is a search: fields and their values")
    return tuple((_severity(one.get("level"), "levels"), one["when"]) for one in value)


def _parts(search: Any) -> list[Any]:
    return search if isinstance(search, list) else [search]


def _searches(detection: dict[str, Any]) -> dict[str, Any]:
    for name, search in detection.items():
        if name == "condition":
            continue
        parts = search if isinstance(search, list) else [search]
        if not parts or not all(isinstance(part, dict) and part for part in parts):
            raise _Fault("detection", f"search {name!r} must be a mapping of fields, or a list of them")
        for part in parts:
            if not all(isinstance(key, str) for key in part):
                raise _Fault("detection", f"search {name!r} has a field name that is no text")
    return detection


def _text(head: dict[str, Any], key: str) -> str:
    value = head.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Fault(key, f"{key} is missing")
    return value.strip()


def _texts(head: dict[str, Any], key: str) -> tuple[str, ...]:
    value = head.get(key, [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Fault(key, f"{key} must be a list of texts")
    return tuple(value)


def _target(value: Any) -> str:
    if value not in ("object", "collection", "none"):
        raise _Fault("target", f"target {value!r} is none of object, collection, none")
    return str(value)


def span(value: Any, key: str) -> float:
    """Seconds of `30s`, `5m`, `1h` or `2d`."""
    match = _SPAN.match(value) if isinstance(value, str) else None
    if match is None:
        raise _Fault(key, f"{key}: within must be like 30s, 5m or 1h")
    return float(int(match.group(1)) * _UNITS[match.group(2)])


def _threshold(value: Any) -> Threshold | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("count"), int) or not 1 < value["count"] <= 10_000:
        raise _Fault("threshold", "threshold needs a count between 2 and 10000, and within")
    by = _texts(value, "by") or ("who.user",)
    return Threshold(value["count"], span(value.get("within"), "threshold"), by, str(value.get("distinct", "")))


def _first(head: dict[str, Any]) -> tuple[str, ...]:
    names = _texts(head, "first")
    if unknown := [name for name in names if name not in NEW]:
        raise _Fault("first", f"first knows no {unknown[0]!r}; give some of {', '.join(NEW)}")
    if names and _reads(head.get("logsource")) != "audit":
        raise _Fault("first", "only the audit trail tells what is seen for the first time; leave first out")
    return names


def _after(value: Any) -> After | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not (rules := _texts(value, "rules")):
        raise _Fault("after", "after needs rules and within")
    return After(rules, span(value.get("within"), "after"), _texts(value, "by") or ("who.user",))
