"""Reads kubeconfig files as kubectl does, and nothing else: no command is run and no other file is opened here.

In: paths, a context name. Out: `Chosen`, the one cluster and user that count, with paths made absolute. What of it is
allowed is decided in `gate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.errors import ConfigError

_LIMIT = 4 << 20
_SECTIONS = ("clusters", "users", "contexts")


class Named(msgspec.Struct, frozen=True):
    """One entry of a section, and the file it came from (relative paths in it mean that file's folder)."""

    name: str
    value: dict[str, Any]
    file: Path

    def path(self, key: str) -> Path | None:
        """The file a key names, absolute; None if the key is not set."""
        if not (text := self.text(key)):
            return None
        return (self.file.parent / Path(text).expanduser()).absolute()

    def text(self, key: str) -> str:
        """A text value, "" if it is not set. Raises `ConfigError` for another type."""
        value = self.value.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ConfigError(f"{self.file}: {key} of {self.name!r} must be text. Correct the file.")
        return value

    def flag(self, key: str) -> bool:
        """A yes-or-no value."""
        return self.value.get(key) is True


class Chosen(msgspec.Struct, frozen=True):
    """The context that counts, with its cluster and user."""

    context: str
    namespace: str
    cluster: Named
    user: Named
    """With an empty value when the context names none."""

    @property
    def server(self) -> str:
        """The API server's address. Raises `ConfigError` if there is none or it is no http address."""
        server = self.cluster.text("server").rstrip("/")
        if not server.startswith(("https://", "http://")):
            shown = f"{server!r} is no https address" if server else "it names no server"
            raise ConfigError(f"{self.cluster.file}: cluster {self.cluster.name!r} is unusable: {shown}.")
        return server


def choose(paths: Sequence[Path], context: str = "") -> Chosen:
    """The current context, or the one of that name, of all files together.

    Raises:
        ConfigError: no file is there, one cannot be read, or the context is unknown or incomplete.
    """
    files = [(path, _load(path)) for path in paths if path.exists() or len(paths) == 1]
    if not files:
        raise ConfigError(f"No kubeconfig found: {', '.join(map(str, paths))} do not exist. Set --kubeconfig.")
    sections = {section: _merged(files, section) for section in _SECTIONS}
    name = context or next((text for _, value in files if (text := _current(value))), "")
    places = ", ".join(str(path) for path, _ in files)
    if not name:
        raise ConfigError(f"{places}: no current-context is set. Choose one with --context: {_known(sections)}.")
    found = sections["contexts"].get(name)
    if found is None:
        raise ConfigError(f"{places}: there is no context {name!r}. Known contexts: {_known(sections)}.")
    return _complete(found, sections)


def _complete(context: Named, sections: dict[str, dict[str, Named]]) -> Chosen:
    cluster = sections["clusters"].get(context.text("cluster"))
    if cluster is None:
        raise ConfigError(
            f"{context.file}: context {context.name!r} names the cluster {context.text('cluster')!r}, "
            "which is not there. Correct the file or choose another --context."
        )
    user = sections["users"].get(context.text("user"))
    if user is None and context.text("user"):
        raise ConfigError(
            f"{context.file}: context {context.name!r} names the user {context.text('user')!r}, "
            "which is not there. Correct the file or choose another --context."
        )
    return Chosen(context.name, context.text("namespace"), cluster, user or Named("", {}, context.file))


def _known(sections: dict[str, dict[str, Named]]) -> str:
    return ", ".join(sorted(sections["contexts"])) or "none"


def _current(value: dict[str, Any]) -> str:
    text = value.get("current-context")
    return text if isinstance(text, str) else ""


def _merged(files: list[tuple[Path, dict[str, Any]]], section: str) -> dict[str, Named]:
    """Entries by name; the first file that has a name wins, as in kubectl."""
    merged: dict[str, Named] = {}
    for path, value in files:
        entries = value.get(section)
        if not isinstance(entries, (list, type(None))):
            raise ConfigError(f"{path}: {section} must be a list. Correct the file.")
        for entry in entries or ():
            named = _named(path, section, entry)
            merged.setdefault(named.name, named)
    return merged


def _named(path: Path, section: str, entry: Any) -> Named:
    name = entry.get("name") if isinstance(entry, dict) else None
    value = (entry.get(section[:-1]) or {}) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(value, dict):
        raise ConfigError(f"{path}: an entry of {section} has no name or no {section[:-1]}. Correct the file.")
    return Named(name, value, path.absolute())


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(_LIMIT + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(f"The kubeconfig {path} cannot be read: {why}. Set --kubeconfig or KUBECONFIG.") from error
    if not text.strip():
        raise ConfigError(f"The kubeconfig {path} is empty. Set --kubeconfig or KUBECONFIG.")
    if len(text) > _LIMIT:
        raise ConfigError(f"The kubeconfig {path} is larger than {_LIMIT >> 20} MiB, which no kubeconfig is.")
    value = _parsed(path, text)
    if not isinstance(value, dict):
        raise ConfigError(f"{path} is not a kubeconfig: it has no fields. Set --kubeconfig or KUBECONFIG.")
    return value


def _parsed(path: Path, text: bytes) -> Any:
    import yaml  # not before it is needed: the first frame comes first

    from console.hygiene.documents import load_document

    try:
        return load_document(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ConfigError(f"{path}{line}: {problem}. Correct the file.") from error
    except Exception as error:  # a tag with a value that is none of its kind raises whatever its reader raises
        # The error's own words may quote a value, which may be a credential.
        raise ConfigError(f"{path} is not YAML ({type(error).__name__}). Correct the file.") from error
