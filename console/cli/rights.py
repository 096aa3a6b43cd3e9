"""`warroom rbac render`, `warroom trust` and `warroom keys`: what people may do, what may run, which key does what."""

from __future__ import annotations

import argparse
import sys

from console.bootstrap.approving import approve, held_back
from console.cli.parsing import options_of
from console.cli.talking import complain, say
from console.config.options import config_path
from console.config.settings import load
from console.hygiene.exporting import Exporter


def render(args: argparse.Namespace) -> int:
    """Print the role as YAML for kubectl apply."""
    from console.actions.catalogue import all_actions
    from console.actions.docs import cluster_role

    sys.stdout.write(cluster_role(all_actions(), tuple(args.family), args.user))
    return 0


def trust(args: argparse.Namespace) -> int:
    """Show what the kubeconfig wants and approve it by its short hash."""
    options = options_of(args)
    export = Exporter(b"trust")
    context, wants, short = held_back(options)
    if not wants:
        say(f"The context {export(context)} needs no approval.")
        return 0
    say(f"The context {export(context)} wants more than to be read:")
    for want in wants:
        say(f"  {export(want)}")
    typed = args.hash
    if not typed:
        if not sys.stdin.isatty():
            complain(f"Nothing was approved. To approve exactly this content: warroom trust --hash {short}")
            return 2
        sys.stdout.write(f"type {short} to approve exactly this content, anything else to cancel: ")
        sys.stdout.flush()
        typed = sys.stdin.readline().strip()  # "" at the end of input: nothing is approved
    if typed != short:
        complain("Nothing was approved.")
        return 2
    approve(options, typed)
    say("Approved. Any change of this content needs a new approval.")
    return 0


def keys(args: argparse.Namespace) -> int:
    """List the key map, or check the settings file's."""
    from console.actions.catalogue import all_actions
    from console.config.keymap import DEFAULTS, keymap

    options = options_of(args)
    chosen = keymap(load(options).keys, all_actions().specs(), str(config_path(options)))
    if args.what == "check":
        say("The key map is safe.")
        return 0
    for key in DEFAULTS:
        say(f"{chosen.keys[key.id]:28} {key.id:24} {key.words}")
    for action, letter in chosen.letters.items():
        say(f"{'x ' + letter:28} {action}")
    return 0
