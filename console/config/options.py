"""What a person may say when starting: the options of kubectl's names and our own, as one frozen value.

It travels from the command line to the engine process unchanged, so that a seat and the engine it starts mean the
same cluster.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from console.errors import ConfigError


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """Start options. Empty means: not given."""

    kubeconfig: str = ""
    """One path of `--kubeconfig`; else KUBECONFIG (several paths), else `~/.kube/config`."""
    context: str = ""
    namespaces: tuple[str, ...] = ()
    """Watch only these (`-n a,b`)."""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()
    """Audit log files to follow."""
    audit_webhook: str = ""
    """`host:port` on which to receive audit webhooks."""
    prometheus: str = ""
    since: str = ""
    """How far to read back in audit files: `2h`, `1d`, RFC 3339 time; "" = all there is."""
    config: str = ""
    state: str = ""
    group: str = ""
    """Unix group that may use the socket."""
    seat: str = ""
    drill: str = ""
    """Scenario name: then no cluster is used."""
    seed: int = 0
    ascii: bool = False
    theme: str = ""
    falco: tuple[str, ...] = ()
    """Files of Falco's alerts to follow; of Tetragon's events and of Hubble's flows likewise."""
    falco_webhook: str = ""
    """`host:port` on which to receive what Falco or Falcosidekick posts."""
    tetragon: tuple[str, ...] = ()
    hubble: tuple[str, ...] = ()
    incident: str = ""
    """Id, or the declared name, of the incident to join: then no engine is ever started."""

    @property
    def sources(self) -> tuple[object, ...]:
        """The sources that were named; falsy values where none was."""
        files = (self.audit, self.falco, self.tetragon, self.hubble)
        return (*files, self.audit_webhook, self.falco_webhook, self.prometheus)

    def key(self) -> str:
        """16 hex digits: equal for starts that mean the same cluster with the same rights, without parsing YAML."""
        # As JSON: joined by a sign, `-n a --as b` and `--as a --as-group b` would mean the same engine.
        parts = (self.context, self.namespaces, self.as_user, self.as_groups, self.drill, self.seed)
        digest = hashlib.sha256(msgspec.json.encode((*parts, str(state_root(self)))))
        if not self.drill:
            for path in kubeconfig_paths(self):
                digest.update(_content(path))
        return digest.hexdigest()[:16]


def kubeconfig_paths(options: Options) -> tuple[Path, ...]:
    """The kubeconfig files that count, as kubectl finds them; they need not exist."""
    if options.kubeconfig:
        return (Path(options.kubeconfig).expanduser(),)
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(Path(part) for part in named) or (Path("~/.kube/config").expanduser(),)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        return f"{path}: {error.errno}".encode()


def state_root(options: Options) -> Path:
    """Folder of all incidents: `--state`, WARROOM_STATE, else the user's XDG state folder."""
    named = options.state or os.environ.get("WARROOM_STATE", "")
    if named:
        return Path(named).expanduser().absolute()
    return own_root()


def own_root() -> Path:
    """The user's own folder, whatever state folder was named: for what is about this person and not the incident."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path("~/.local/state").expanduser()) / "warroom"


def config_path(options: Options) -> Path:
    """The settings file: `--config`, WARROOM_CONFIG, else the user's XDG config folder."""
    named = options.config or os.environ.get("WARROOM_CONFIG", "")
    if named:
        path = Path(named).expanduser()
        if not path.exists():
            raise ConfigError(f"Settings file {path} does not exist. Create it or leave the option out.")
        return path
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else Path("~/.config").expanduser()) / "warroom" / "config.toml"
