"""`python -m tests.means`: provides everything it can, then prints one table of what is there and what is skipped.

Exit 0, or 1 with `CI=true` when something is missing.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from tests.controlplane.binary import VERSION, provide_binary
from tests.means.alertmanager import provide_alertmanager
from tests.means.cache import Missing, in_ci
from tests.means.helm import provide_helm
from tests.means.judging import provide_judge
from tests.means.opensearch import VERSIONS, provide_opensearch
from tests.means.prometheus import provide_programs


@dataclass(frozen=True)
class Mean:
    """Something tests need that Python packages cannot give."""

    name: str
    provide: Callable[[], str]
    """Makes it available and says what is there; raises `Missing`."""
    skipped: str
    """What is not tested without it."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    there: bool
    text: str


def _python() -> str:
    return f"Python {sys.version.split()[0]} with the locked packages"


def _control_plane() -> str:
    provide_binary()
    return f"kube-apiserver {VERSION} and its parts, built from source"


def _judge() -> str:
    provide_judge()
    return "an independent judge of NetworkPolicies, built from source"


def _helm() -> str:
    provide_helm()
    return "Helm 3, built from source"


def _prometheus() -> str:
    return str(provide_programs().prometheus.name) + " and promtool"


def _alertmanager() -> str:
    return provide_alertmanager().name


def _opensearch() -> str:
    for major in VERSIONS:
        provide_opensearch(major)
    return f"OpenSearch {' and '.join(VERSIONS.values())}"


MEANS = (
    Mean("environment", _python, "everything"),
    Mean("control plane", _control_plane, "tests/cluster, tests/controlplane, the pty tests on a real cluster"),
    Mean("policy judge", _judge, "the differential test of NetworkPolicy evaluation"),
    Mean("Helm", _helm, "what the rules make of everyday installations"),
    Mean("Prometheus", _prometheus, "the tests that ask a real Prometheus"),
    Mean("Alertmanager", _alertmanager, "the tests that ask a real Alertmanager"),
    Mean("OpenSearch", _opensearch, "the tests that ask a real search cluster"),
)


def provide(mean: Mean) -> Row:
    """Provides one mean and says how that went."""
    try:
        return Row(mean.name, True, mean.provide())
    except Missing as missing:
        return Row(mean.name, False, f"{missing.why}. {missing.how}. Skipped without it: {mean.skipped}.")


def table(rows: list[Row]) -> str:
    """The rows as text of 110 columns."""
    lines = ["What the tests need"]
    for row in rows:
        head = f"  {row.name:<14} {'there' if row.there else 'MISSING':<8} "
        lines += textwrap.wrap(row.text, 110, initial_indent=head, subsequent_indent=" " * len(head))
    return "\n".join(lines)


def main() -> int:
    """Provides all, prints the table."""
    rows = [provide(mean) for mean in MEANS]
    print(table(rows), flush=True)
    missing = [row.name for row in rows if not row.there]
    if missing and in_ci():
        print(f"CI=true: {', '.join(missing)} must be there", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
