"""The command line as declared: commands, options, and which function runs each. Imports nothing heavy.

Every command names its function as `module:function`; the module is imported only when that command is called, so
that bare `warroom` paints before anything else is loaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

from console import __version__
from console.config.options import Options

_EPILOG = "Without a command: the war room, READ-ONLY, on the current context. `warroom COMMAND --help` tells more."
_SHARED_OPTIONS = "The options of `warroom --help` that choose cluster, sources and state work here too."


class Parser(argparse.ArgumentParser):
    """Exits 2 with one sentence and a hint, never with a page of usage. Options may stand between names."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse, which by itself takes no name of a list that comes after an option: `test --json FILE`."""
        if self._mixing or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See `{self.prog} --help`.\n")


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="warroom",
        description="A terminal war room for a breached Kubernetes cluster.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"warroom {__version__}")
    _shared(top, shown=True)
    top.set_defaults(run="console.__main__:screen", command="")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for add in (_seats, _offline, _contain, _record, _setup):
        add(commands)
    return top


def _shared(one: argparse.ArgumentParser, *, shown: bool) -> None:
    """Options that choose cluster, sources and state; the same before and after a command, told once."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for title, flag, more, text in _OPTIONS:
        group = groups.get(title) or groups.setdefault(title, one.add_argument_group(title if shown else None))
        flags = ("-n", flag) if flag == "--namespace" else (flag,)
        group.add_argument(*flags, help=text if shown else argparse.SUPPRESS, default=argparse.SUPPRESS, **more)


_OPTIONS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("cluster (as kubectl)", "--kubeconfig", {"metavar": "PATH"}, "kubeconfig file (else KUBECONFIG, ~/.kube/config)"),
    ("cluster (as kubectl)", "--context", {"metavar": "NAME"}, "context of the kubeconfig"),
    ("cluster (as kubectl)", "--namespace", {"metavar": "NS[,NS]"}, "watch only these namespaces"),
    ("cluster (as kubectl)", "--as", {"dest": "as_user", "metavar": "USER"}, "impersonate a user"),
    ("cluster (as kubectl)", "--as-group", {"action": "append", "metavar": "GROUP"}, "impersonate a group"),
    ("sources", "--audit", {"action": "append", "metavar": "PATH"}, "follow an audit log file"),
    ("sources", "--audit-webhook", {"metavar": "HOST:PORT"}, "receive audit webhooks there"),
    ("sources", "--falco", {"action": "append", "metavar": "PATH"}, "follow a file of Falco's alerts"),
    ("sources", "--falco-webhook", {"metavar": "HOST:PORT"}, "receive what Falco or Falcosidekick posts there"),
    ("sources", "--tetragon", {"action": "append", "metavar": "PATH"}, "follow Tetragon's export file"),
    ("sources", "--hubble", {"action": "append", "metavar": "PATH"}, "follow Hubble's export file"),
    ("sources", "--prometheus", {"metavar": "URL"}, "ask this Prometheus"),
    ("sources", "--alertmanager", {"metavar": "URL"}, "ask this Alertmanager for what fires"),
    ("sources", "--alertmanager-webhook", {"metavar": "HOST:PORT"}, "receive what Alertmanager posts there"),
    ("sources", "--since", {"metavar": "TIME"}, "read files back to then (2h, 1d, RFC 3339)"),
    ("other", "--state", {"metavar": "FOLDER"}, "where incidents are kept (WARROOM_STATE)"),
    ("other", "--incident", {"metavar": "NAME"}, "join, read or end this incident; starts no engine"),
    ("other", "--config", {"metavar": "PATH"}, "settings file (WARROOM_CONFIG)"),
    ("other", "--group", {"metavar": "GROUP"}, "Unix group that may take a seat; needs --state"),
    ("other", "--seat", {"metavar": "NAME"}, "name of this seat (WARROOM_SEAT, else the login name)"),
    ("other", "--theme", {"metavar": "NAME"}, "war-dark, war-light, mono or ansi-16"),
    ("other", "--ascii", {"action": "store_true"}, "no line drawing, no colour needed"),
)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def _command(commands: Commands, name: str, run: str, help: str) -> argparse.ArgumentParser:  # noqa: A002
    one: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help, epilog=_SHARED_OPTIONS, allow_abbrev=False
    )
    _shared(one, shown=False)
    one.set_defaults(run=run, command=name)
    return one


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="JSON instead of words")


def _seats(commands: Commands) -> None:
    engine = _command(commands, "engine", "console.cli.engine:run", "run the engine in the foreground")
    engine.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    engine.add_argument("--ready-fd", type=int, default=-1, help=argparse.SUPPRESS)
    engine.add_argument("--options-fd", type=int, default=-1, help=argparse.SUPPRESS)
    attach = _command(
        commands, "attach", "console.__main__:screen", "take a seat at a running engine; never starts one"
    )
    attach.set_defaults(attach=True)
    stop = _command(commands, "stop", "console.cli.status:stop", "end the engine; the record stays")
    stop.add_argument("--reason", default="", metavar="TEXT")
    _json(_command(commands, "status", "console.cli.status:run", "how the incident stands"))
    _json(_command(commands, "doctor", "console.cli.doctor:run", "check host, terminal, cluster and rights"))
    drill = _command(commands, "drill", "console.__main__:drill", "practise on a simulated cluster")
    drill.add_argument("scenario", nargs="?", default="shop", metavar="SCENARIO")
    drill.add_argument("--headless", action="store_true", help="played by the built-in responder, without a screen")
    drill.add_argument("--stop", action="store_true", help="end the engine of this drill")
    drill.add_argument("--debrief", action="store_true", help="score of the newest drill, from its journal")
    drill.add_argument("--seed", type=_seed, default=1, metavar="N", help="another seed, another drill")
    drill.add_argument("--play", default="steady", metavar="NAME", help="with --headless: steady wins, reckless loses")
    _json(drill)


def _seed(text: str) -> int:
    """A drill's seed: a part of its incident's name, so it is short and has no sign."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to 999999999")
    return int(text)


_FORMATS = ("auto", "k8s", "eks", "gke", "aks", "falco", "tetragon", "hubble")
"""`console.model.envelopes.reading.FORMATS`, which takes long to import."""


def _offline(commands: Commands) -> None:
    detect = _command(
        commands, "detect", "console.cli.detect:run", "run all rules over audit logs and sensors' records"
    )
    detect.add_argument("files", nargs="*", default=[], metavar="FILE", help="log, - for standard input")
    search = (
        "ask Elasticsearch or OpenSearch there instead (without URL: that of the settings), with --index and --since"
    )
    detect.add_argument("--search", nargs="?", const="", metavar="URL", help=search)
    detect.add_argument(
        "--index", default="", metavar="PATTERN", help="with --search: the index, or a pattern of names"
    )
    detect.add_argument("--until", default="", metavar="TIME", help="with --search: only before then (as --since)")
    detect.add_argument("--format", default="auto", choices=_FORMATS)
    severities = ("critical", "high", "medium", "low", "info")
    detect.add_argument("--min-severity", default="medium", choices=severities, metavar="SEVERITY")
    _json(detect)
    rules = _command(commands, "rules", "console.cli.rules:run", "list, check, test or explain detection rules")
    rules.add_argument("what", choices=("list", "check", "test", "explain"))
    names = "check, test: rule files or folders, else all; explain: ID of a rule, then audit logs to explain it on"
    rules.add_argument("names", nargs="*", default=[], metavar="NAME", help=names)
    _json(rules)
    posture = _command(commands, "posture", "console.cli.posture:run", "standing weaknesses of a cluster or manifests")
    posture.add_argument(
        "files", nargs="*", default=[], metavar="FILE", help="manifests, - for standard input; else the cluster"
    )
    posture.add_argument("--cluster", action="store_true", help="the cluster of the current context (the default)")
    version = "judge pods as this Kubernetes does, for example v1.29 (default: the server's, for files the newest)"
    posture.add_argument("--psa-version", default="", metavar="V", help=version)
    _json(posture)


def _contain(commands: Commands) -> None:
    contain = _command(commands, "contain", "console.cli.contain:contain", "plan, approve and run an action")
    contain.add_argument("action", metavar="ACTION", help="for example pod.quarantine")
    contain.add_argument("target", metavar="KIND/NAME", help="for example pod/web-7f9c, with -n NAMESPACE")
    contain.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the action")
    undo = _command(commands, "undo", "console.cli.contain:undo", "undo an action; without an id: the register")
    undo.add_argument("id", nargs="?", default="", metavar="ID")
    undo.add_argument("--mode", default="", metavar="MODE", help="which way to undo, where there are several")
    for one in (contain, undo):
        one.add_argument("--plan", action="store_true", help="print the plan and keep it for 15 minutes; only reads")
        one.add_argument("--dry-run", choices=("server",), default="", help="also let the API server try every write")
        one.add_argument("--approve", default="", metavar="DIGEST", help="apply exactly this plan")
        one.add_argument("--reason", default="", metavar="TEXT", help="why; arms this one command")
        glass = "act without the second person, and why; without TEXT for the --reason"
        one.add_argument("--break-glass", nargs="?", default="", const=True, metavar="TEXT", help=glass)
        one.add_argument("--skip-evidence", default="", metavar="TEXT", help="destroy without evidence, and why")
        one.add_argument("--type-name", default="", metavar="NAME", help="name of a protected target, typed out")
        _json(one)


def _record(commands: Commands) -> None:
    checklist = _command(commands, "checklist", "console.cli.checklist:run", "the incident checklist")
    checklist.add_argument("--print", action="store_true", help="as text to print")
    _json(checklist)
    journal = _command(commands, "journal", "console.cli.journal:run", "the incident's record")
    journal.add_argument("what", choices=("show", "verify", "export"))
    _json(journal)


def _setup(commands: Commands) -> None:
    rbac = _command(commands, "rbac", "console.cli.rights:render", "the rights a responder needs")
    rbac.add_argument("what", choices=("render",))
    rbac.add_argument("--family", action="append", default=[], metavar="FAMILY", help="only these families of actions")
    rbac.add_argument("--user", default="", metavar="NAME", help="also bind the role to this user")
    trust = _command(commands, "trust", "console.cli.rights:trust", "approve what the kubeconfig wants to run or trust")
    trust.add_argument("--hash", default="", metavar="HASH", help="the short hash, when there is no terminal to ask on")
    keys = _command(commands, "keys", "console.cli.rights:keys", "check or list the key map")
    keys.add_argument("what", choices=("check", "list"))


def options_of(args: argparse.Namespace) -> Options:
    """The start options of parsed arguments."""
    given = vars(args)
    # After `contain` and `undo` -n names the target's namespace; the engine goes on watching what it watches.
    watched = "" if given["command"] in ("contain", "undo") else given.get("namespace", "")
    return Options(
        given.get("kubeconfig", ""),
        given.get("context", ""),
        tuple(part for part in watched.split(",") if part),
        given.get("as_user", ""),
        tuple(given.get("as_group", ())),
        tuple(given.get("audit", ())),
        given.get("audit_webhook", ""),
        given.get("prometheus", ""),
        given.get("since", ""),
        given.get("config", ""),
        given.get("state", ""),
        given.get("group", ""),
        given.get("seat", ""),
        given.get("scenario", ""),
        given.get("seed", 0),
        given.get("ascii", False),
        given.get("theme", ""),
        incident=given.get("incident", ""),
        falco=tuple(given.get("falco", ())),
        falco_webhook=given.get("falco_webhook", ""),
        tetragon=tuple(given.get("tetragon", ())),
        hubble=tuple(given.get("hubble", ())),
        alertmanager=given.get("alertmanager", ""),
        alertmanager_webhook=given.get("alertmanager_webhook", ""),
    )


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parsed arguments; `run` says which function runs them. Exits 2 on bad input."""
    return parser().parse_args(argv)
