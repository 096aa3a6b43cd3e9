"""Conditions over an index as queries in Lucene's language, written by pySigma and its backends.

In: conditions, the columns of the index, which kind of server it is. Out: query strings. The condition becomes a Sigma
rule over the audit event's own fields, and a processing pipeline gives them the names they have in the index. `sigma`
is imported here alone, and when it is needed: it is an extra, and takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.errors import BadInput
from console.rules.pushing.columns import Columns
from console.rules.pushing.trees import TEXT, All, Atom, No, Tree

_MISSING = "Rules cannot be written as queries without pySigma. Install it with `pip install 'warroom[search]'`."


class Writer:
    """Writes queries for one index.

    Raises:
        BadInput: pySigma is not installed.
    """

    def __init__(self, columns: Columns, *, opensearch: bool) -> None:
        try:
            from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
            from sigma.backends.opensearch.opensearch import OpensearchLuceneBackend
            from sigma.collection import SigmaCollection
            from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
            from sigma.processing.transformations import FieldMappingTransformation
        except ImportError as error:
            raise BadInput(_MISSING) from error
        names = FieldMappingTransformation(dict(_names(columns)))
        pipeline = ProcessingPipeline(name=columns.layout.name, items=[ProcessingItem(names)])
        backend = OpensearchLuceneBackend if opensearch else LuceneBackend
        self._backend: Any = backend(pipeline)
        self._collect: Any = SigmaCollection.from_dicts
        self._known: dict[Tree, str] = {}

    def query(self, tree: Tree) -> str:
        """The query of a condition that asks something; the same is written once."""
        found = self._known.get(tree)
        if found is None:
            found = self._known[tree] = str(self._backend.convert(self._collect([_rule(tree)]))[0])
        return found


def _names(columns: Columns) -> Iterable[tuple[str, str]]:
    for field, column in columns.by_field.items():
        if column is not None and (name := column.whole or column.number):
            yield field, _escaped(name)
        if column is not None and column.words:
            yield field + TEXT, _escaped(column.words)


def _escaped(name: str) -> str:
    """A slash begins a regular expression in Lucene's language, also in the name of a field."""
    return name.replace("/", "\\/")


def _rule(tree: Tree) -> dict[str, Any]:
    """The condition as a rule of Sigma: one selection for each question."""
    asked: dict[Atom, str] = {}
    condition = _condition(tree, asked)
    searches = {name: {_key(atom): atom.value} for atom, name in asked.items()}
    return {
        "title": "pushed",
        "logsource": {"product": "kubernetes", "service": "audit"},
        "detection": {**searches, "condition": condition},
    }


def _key(atom: Atom) -> str:
    return f"{atom.field}|{atom.modifier}" if atom.modifier else atom.field


def _condition(tree: Tree, asked: dict[Atom, str]) -> str:
    if isinstance(tree, bool):
        raise ValueError("a condition without a question is no query")
    if isinstance(tree, Atom):
        return asked.setdefault(tree, f"a{len(asked)}")
    if isinstance(tree, No):
        return f"not ({_condition(tree.inner, asked)})"
    word = " and " if isinstance(tree, All) else " or "
    return word.join(f"({_condition(part, asked)})" for part in tree.parts)
