"""What the kubeconfig gate holds back, and its approval by a person."""

from __future__ import annotations

from console.cluster import connecting
from console.cluster.options import connect_options
from console.config.options import Options


def held_back(options: Options) -> tuple[str, tuple[str, ...], str]:
    """Context, what it wants in sentences, and the short hash to type; no wants when nothing needs approval."""
    context, judgement = connecting.judgement_of(connect_options(options))
    return context, tuple(judgement.wants), judgement.short_hash


def approve(options: Options, short_hash: str) -> None:
    """Approve exactly the content with this hash. Raises `ConfigError` when it is another one by now."""
    connecting.approve(connect_options(options), short_hash)
