"""All checks there are: imports every module of this room once, so that each has registered itself."""

from __future__ import annotations

import importlib
import pkgutil

import console.checks
from console.checks.base import CHECKS, Check


def shipped() -> dict[str, Check]:
    """Every registered check by id."""
    for module in pkgutil.iter_modules(console.checks.__path__):
        importlib.import_module(f"console.checks.{module.name}")
    return CHECKS
