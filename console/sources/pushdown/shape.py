"""What an index is: the answer of `_field_caps`, whether it maps whatever a document brings, and its times.

In: a cluster, the name of an index or a pattern. Out: one `Shape` over all indexes the name means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from console.errors import SourceError
from console.sources.pushdown.cluster import Cluster

_BODIES = frozenset({"requestObject", "responseObject"})
"""Parts of an event that are never asked, so whose mapping may be as it is."""


class Shape(msgspec.Struct, frozen=True):
    """All indexes of a name."""

    caps: dict[str, Any]
    """The answer of `_field_caps`, asked with `include_unmapped`."""
    grows: bool
    """Whether every one of them maps each field that a document brings."""


async def shape_of(cluster: Cluster, index: str) -> Shape:
    """Find out. Raises SourceError."""
    caps = await cluster.ask("GET", f"/{index}/_field_caps", fields="*", include_unmapped="true")
    if not caps.get("indices"):
        raise SourceError(f"no index is called {index!r}")
    rules = await cluster.ask("GET", f"/{index}/_mapping", filter_path="**.dynamic,**.enabled")
    limit = "**.ignore_dynamic_beyond_limit"
    limits = await cluster.ask("GET", f"/{index}/_settings", filter_path=limit, include_defaults="false")
    return Shape(caps, not any(_closed(rules)) and not limits)


def _closed(tree: Mapping[str, Any]) -> Iterator[bool]:
    """True for each part of a mapping that does not take up what is new."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            if name not in _BODIES:
                yield from _closed(value)
        elif str(value).lower() != "true":
            yield True


def is_date(caps: Mapping[str, Any], field: str) -> bool:
    """Whether a field is a time wherever it is mapped."""
    kinds = caps.get("fields", {}).get(field)
    return isinstance(kinds, Mapping) and {"unmapped", *kinds} <= {"date", "date_nanos", "unmapped"} and len(kinds) > 0
