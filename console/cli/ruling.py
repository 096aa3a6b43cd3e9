"""The rules as the settings of a command have them: the same for all commands, and for the engine."""

from __future__ import annotations

import argparse

from console.cli.parsing import options_of
from console.config.options import config_path
from console.config.settings import load
from console.rules.rulebook import Rulebook, rulebook


def settings_file(args: argparse.Namespace) -> str:
    """Path of the settings file, for a person to look at."""
    return str(config_path(options_of(args)))


def rulebook_of(args: argparse.Namespace) -> Rulebook:
    """The rules, compiled. Raises `ConfigError`."""
    return rulebook(load(options_of(args)).rules, settings_file(args))
