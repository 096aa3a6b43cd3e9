"""Whether the engine that a seat joins is the one it asked for: same context, identity, namespaces and sources.

An engine has one identity and one view for all its seats. Who asks for another one by name is refused, since what
they see and do would be somebody else's; who asks for nothing is told what it uses where they would not use it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from console.bootstrap.linking import intended_context
from console.config.options import Options
from console.config.settings import Settings, SourceSettings, load
from console.errors import ConfigError
from console.model.text import Clean
from console.ports.session import Using, Welcome

if TYPE_CHECKING:
    from console.hygiene.exporting import Exporter


def _export(text: str) -> Clean:
    return _exporter()(text)


@cache
def _exporter() -> Exporter:
    """With one key for all, so that what two processes export can be compared."""
    from console.hygiene.exporting import Exporter  # not before the first frame

    return Exporter(b"using")


def using(options: Options, context: str, settings: Settings) -> Using:
    """What an engine of these options uses. `context`: as the kubeconfig resolved it; `settings`: with the options."""
    return Using(
        _export(context),
        _export(options.as_user),
        _exporter().many(sorted(options.as_groups)),
        _exporter().many(sorted(set(options.namespaces))),
        _digest(settings.sources),
    )


def _digest(named: SourceSettings) -> str:
    """The sources as one word, "" for none."""
    if not named.named:
        return ""
    known = msgspec.json.encode({name: _whole(name, values) for name, values in sorted(named.named.items())})
    return hashlib.sha256(known).hexdigest()[:16]


def _whole(name: str, values: tuple[str, ...]) -> list[str]:
    """Paths in full: the same file may be named from another folder."""
    paths = name in ("audit", "falco", "tetragon", "hubble")
    return sorted(str(Path(value).expanduser().absolute()) if paths else value for value in values)


def agreeing(options: Options) -> Callable[[Welcome], Welcome]:
    """What judges the welcome of an engine that a seat of these options has come to.

    It gives the welcome with a `notice` for the person, or raises `ConfigError` when something else was asked for.
    """

    def judge(welcome: Welcome) -> Welcome:
        if options.drill:
            return welcome  # it has one identity and is watched as a whole, whatever else was typed
        theirs = welcome.using
        if _plain(options, theirs):
            return welcome
        ours = using(options, intended_context(options), load(options))
        if any(options.sources) and ours.sources != theirs.sources:
            raise ConfigError(
                "The engine of this cluster runs with other sources than the ones named now, and would not read these. "
                "Leave them out to join it, or end it first with `warroom stop`: the record is kept."
            )
        asked = tuple(_asked_otherwise(options, ours, theirs))
        if asked:
            raise ConfigError(
                f"The engine of this cluster {words(theirs)}, and {' and '.join(asked)} was asked for now. Leave that "
                "out to join it, or end it with `warroom stop` and start again: the record is kept."
            )
        seen_alone = msgspec.structs.replace(ours, context=ours.context or theirs.context, sources=theirs.sources)
        if seen_alone == theirs:
            return welcome
        return msgspec.structs.replace(welcome, notice=_export(f"This engine runs already: it {words(theirs)}."))

    return judge


def _plain(options: Options, theirs: Using) -> bool:
    """Whether nothing was asked for that could differ; told without the border, which takes long to import."""
    asked = (options.as_user, options.as_groups, options.namespaces, *options.sources)
    if any(asked) or theirs != Using(context=theirs.context, sources=theirs.sources):
        return False
    return intended_context(options) in ("", theirs.context)


def words(one: Using) -> Clean:
    """What an engine uses, as the end of a sentence."""
    parts = [f"uses the context {one.context}"] if one.context else []
    if one.user:
        groups = f" of {', '.join(one.groups)}" if one.groups else ""
        parts.append(f"acts as {one.user}{groups} (--as)")
    else:
        parts.append("acts as that context's own user")
    parts.append(f"watches only {', '.join(one.namespaces)}" if one.namespaces else "watches all namespaces")
    return _export(", ".join(parts))


def _asked_otherwise(options: Options, ours: Using, theirs: Using) -> Iterable[str]:
    """Options as typed that mean something else than what the engine uses. What was not asked for is not among them."""
    if options.context and ours.context != theirs.context:
        yield f"--context {ours.context}"
    if ours.user and ours.user != theirs.user:
        yield f"--as {ours.user}"
    if ours.groups and ours.groups != theirs.groups:
        yield " ".join(f"--as-group {group}" for group in ours.groups)
    if ours.namespaces and ours.namespaces != theirs.namespaces:
        yield f"-n {','.join(ours.namespaces)}"
