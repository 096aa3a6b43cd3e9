"""Reads YAML that somebody else wrote, before anything walks through it.

In: the text of a file. Out: its documents. What would make a reader of it crash or never end is refused here: nesting
that no stack holds (libyaml's binding recurses in C), aliases that grow to billions of values, a value inside itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import yaml

DEEPEST = 100
"""Collections inside collections; the deepest object of Kubernetes has about 20."""
MOST = 5_000_000
"""Values of one text, counted again wherever an alias repeats them."""


class Loader(yaml.CSafeLoader):
    """Leaves times and dates as the text they are in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_documents(text: str | bytes) -> Iterator[Any]:
    """Each document in turn, None for an empty one. Raises `yaml.YAMLError`, before the first."""
    _measure(text)
    return yaml.load_all(text, Loader=Loader)


def load_document(text: str | bytes) -> Any:
    """The only document. Raises `yaml.YAMLError`."""
    _measure(text)
    return yaml.load(text, Loader=Loader)  # noqa: S506 - it is a safe loader


def _measure(text: str | bytes) -> None:
    """Walks through the events, which needs no stack."""
    sizes: dict[str, int] = {}
    stack: list[int] = [0]
    anchors: list[str | None] = []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append(1)
            anchors.append(event.anchor)
            if len(stack) > DEEPEST:
                raise _refused(f"more than {DEEPEST} levels", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            size, anchor = stack.pop(), anchors.pop()
            stack[-1] += size
            if anchor:
                sizes[anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in anchors:
                raise _refused("a value inside itself", event)
            stack[-1] += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            stack[-1] += 1
        if stack[-1] > MOST:
            raise _refused(f"more than {MOST} values", event)


def _refused(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=cast("yaml.Mark", event.start_mark))
