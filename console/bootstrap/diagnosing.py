"""What `warroom doctor` looks at: this host, the terminal, the state folder, the cluster, rights, rules and sources.

Only reads, and one connection to the API server, under request ids of the cluster's incident where it has one: an
engine beside it must not take them for a foreign use of our identity. Each finding says what is wrong and what to do.
"""

from __future__ import annotations

import asyncio
import getpass
import locale
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec

import console
from console.actions.catalogue import all_actions
from console.bootstrap.visiting import visit
from console.config.options import Options, config_path, state_root
from console.config.settings import Settings, load
from console.errors import WarRoomError
from console.journal.filesystem import network_type
from console.model.action import Right
from console.ports.cluster import ClusterInfo, Ruling
from console.rules.rulebook import rulebook
from console.rules.standing import counted

GOOD, NOTE, BAD = "ok", "note", "bad"
_WITHIN = 10.0
LOGIND, LINGER, SYSTEMD = Path("/etc/systemd"), Path("/var/lib/systemd/linger"), Path("/run/systemd/system")
"""Where systemd says whether processes survive logout."""


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    state: str
    """`ok`, `note` (works, but know this) or `bad` (something will not work)."""
    text: str


def host(options: Options) -> Iterator[Diagnosis]:
    """This machine and this login, without a cluster."""
    yield from (_python(), _shadow(), _terminal(), _locale(), _state(options), _logout())


async def cluster(options: Options) -> list[Diagnosis]:
    """The cluster of these options, our clock beside its own, and our rights."""
    try:
        async with asyncio.timeout(_WITHIN):
            return await _cluster(options)
    except WarRoomError as error:
        return [Diagnosis("cluster", BAD, str(error))]
    except TimeoutError:
        return [Diagnosis("cluster", BAD, f"no answer within {_WITHIN:.0f} s. Check the network and the address.")]


def sources(options: Options) -> Iterator[Diagnosis]:
    """The configured signal sources."""
    try:
        settings = load(options)
    except WarRoomError as error:
        yield Diagnosis("settings", BAD, str(error))
        return
    yield _evidence(settings, state_root(options))
    yield from _rules(settings, str(config_path(options)))
    yield from _sources(settings)
    yield from _unavailable(settings)


def _python() -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    return Diagnosis("python", GOOD if sys.version_info >= (3, 11) else BAD, f"{version} at {sys.executable}")


def _shadow() -> Diagnosis:
    """Another distribution called `console` overwrites our package when both are installed."""
    here = Path(console.__file__ or "").resolve().parent
    others = [name for name in metadata.packages_distributions().get("console", []) if name != "warroom"]
    ours = (here / "ports" / "session.py").is_file()
    if others or not ours:
        who = ", ".join(others) or "another package"
        return Diagnosis("package", BAD, f"{who} shadows our package `console` at {here}. Install warroom by itself.")
    return Diagnosis("package", GOOD, f"warroom {console.__version__} at {here}")


def _terminal() -> Diagnosis:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Diagnosis("terminal", NOTE, "standard output is no terminal: use `warroom status --json`")
    if term in ("", "dumb"):
        return Diagnosis("terminal", BAD, f"TERM={term or '(not set)'} cannot draw. Set TERM=xterm-256color.")
    size = shutil.get_terminal_size()
    small = size.columns < 60 or size.lines < 15
    text = f"{term}, {size.columns}x{size.lines}" + (
        ": too small, 80x24 is the least that is comfortable" if small else ""
    )
    return Diagnosis("terminal", NOTE if small else GOOD, text)


def _locale() -> Diagnosis:
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") == "utf8":
        return Diagnosis("locale", GOOD, encoding)
    return Diagnosis("locale", NOTE, f"{encoding} is not UTF-8: lines are drawn in ASCII. Set LANG=C.UTF-8.")


def _state(options: Options) -> Diagnosis:
    root = state_root(options)
    existing = next((path for path in (root, *root.parents) if path.exists()), Path("/"))
    if kind := network_type(existing):
        return Diagnosis("state", BAD, f"{root} is on a network file system ({kind}). Choose another with --state.")
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return Diagnosis("state", BAD, f"{root} cannot be written. Choose another with --state.")
    free = shutil.disk_usage(existing).free // (1024 * 1024)
    return Diagnosis("state", GOOD if free > 512 else NOTE, f"{root}, {free} MiB free")


def _logout() -> Diagnosis:
    """Whether an engine survives the end of the login that started it."""
    configured = _logind_kills()
    if configured is None:
        return Diagnosis("logout", GOOD, "no systemd-logind here: processes survive logout")
    user = getpass.getuser()
    if (LINGER / user).exists():
        return Diagnosis("logout", GOOD, "lingering is on: processes survive logout")
    if configured:
        how = f"allow it with `loginctl enable-linger {user}`, or run `warroom engine` as a service"
        return Diagnosis("logout", BAD, f"KillUserProcesses=yes: the engine would end at logout; {how}")
    return Diagnosis("logout", GOOD, "KillUserProcesses is off: processes survive logout")


def _logind_kills() -> bool | None:
    if not SYSTEMD.exists():
        return None
    kills = False
    for path in (LOGIND / "logind.conf", *sorted((LOGIND / "logind.conf.d").glob("*.conf"))):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition("=")
            if name.strip() == "KillUserProcesses":
                kills = value.strip().lower() in ("yes", "true", "1", "on")
    return kills


async def _cluster(options: Options) -> list[Diagnosis]:
    async with visit(options) as live:
        info = await live.identify()
        rulings = await live.review(_rights(options))
    return [_reached(info), _clock(info), _allowed(rulings)]


def _rights(options: Options) -> list[Right]:
    namespace = options.namespaces[0] if options.namespaces else ""
    rights = {right for spec in all_actions().specs() for right in spec.rights}
    return sorted(msgspec.structs.replace(right, namespace=namespace) for right in rights)


def _reached(info: ClusterInfo) -> Diagnosis:
    return Diagnosis("cluster", GOOD, f"{info.context} {info.server} {info.version}, as {info.user}")


def _clock(info: ClusterInfo) -> Diagnosis:
    if abs(info.skew) < 5:
        return Diagnosis("clock", GOOD, "agrees with the API server's")
    way = "ahead of" if info.skew > 0 else "behind"
    return Diagnosis("clock", NOTE, f"this clock is {abs(info.skew):.0f} s {way} the API server's. Start time syncing.")


def _allowed(rulings: tuple[Ruling, ...]) -> Diagnosis:
    failed = [one for one in rulings if one.error]
    denied = [str(one.right) for one in rulings if not one.allowed and not one.error]
    if failed:
        return Diagnosis("rights", BAD, f"access reviews fail: {failed[0].error}")
    if denied:
        more = f" and {len(denied) - 8} more" if len(denied) > 8 else ""
        text = f"{len(denied)} of {len(rulings)} rights of the actions are missing: {', '.join(denied[:8])}{more}"
        return Diagnosis("rights", NOTE, f"{text}. `warroom rbac render` prints a role that has them.")
    return Diagnosis("rights", GOOD, f"all {len(rulings)} rights of the actions")


def _evidence(settings: Settings, root: Path) -> Diagnosis:
    keep = settings.evidence
    caps = f"at most {keep.item_mib} MiB an item and {keep.total_mib} MiB in all"
    text = (
        f"{root}/INCIDENT/evidence: {caps}; {keep.reserve_mib} MiB of the disk stay free ([evidence] in the settings)"
    )
    return Diagnosis("evidence", GOOD, text)


def _rules(settings: Settings, where: str) -> Iterator[Diagnosis]:
    """A rule that is not used is bad, one that the settings disable is worth knowing."""
    try:
        book = rulebook(settings.rules, where)
    except WarRoomError as error:
        yield Diagnosis("rules", BAD, str(error))
        return
    changed = [counted(book.rules.disabled, "disabled"), counted(book.rules.tuned, "tuned")]
    run = [rule for rule in book.rules.rules if rule.id not in book.disabled]
    text = ", ".join([f"{len(run)} run", *filter(None, changed)])
    yield Diagnosis("rules", NOTE if any(changed) else GOOD, f"{text}. `warroom rules list` tells of each.")
    for fault in book.rules.faults:
        yield Diagnosis("rules", BAD, fault)


def _sources(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.sources.named:
        text = "none: intrusions are not seen. Add --audit PATH, --audit-webhook HOST:PORT or --prometheus URL."
        yield Diagnosis("sources", NOTE, text)
    for name, values in settings.sources.named.items():
        for value in values:
            if name in ("prometheus", "alertmanager"):
                yield Diagnosis(name, GOOD, f"{_shown(value)} (asked while an engine runs)")
            elif name.endswith("webhook"):
                yield Diagnosis(name, GOOD, f"{value} (served while an engine runs)")
            else:
                yield _readable(name, Path(value).expanduser())


def _unavailable(settings: Settings) -> Iterator[Diagnosis]:
    """Actions that the settings leave without the server they write to."""
    if not settings.sources.alertmanager:
        why = "unavailable: no Alertmanager is named to silence an alert at. Add --alertmanager URL."
        yield Diagnosis("alert.silence", NOTE, why)


def _shown(url: str) -> str:
    """An address without the user and password that somebody may have put into it."""
    before, slashes, rest = url.rpartition("//")
    host, cut, path = rest.partition("/")
    return f"{before}{slashes}{host.rpartition('@')[2]}{cut}{path}"


def _readable(name: str, path: Path) -> Diagnosis:
    if path.exists() and not (path.is_file() or path.is_dir()):
        return Diagnosis(name, BAD, f"{path} is no file that can be read again. Write it into one.")
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return Diagnosis(name, BAD, f"{path} cannot be read: {error.strerror}. Check path and permissions.")
    return Diagnosis(name, GOOD, str(path))


LOOKS: tuple[Callable[[Options], Iterator[Diagnosis]], ...] = (host, sources)
"""The looks that need no connection."""
