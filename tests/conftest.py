"""What every test may ask for; each server starts when the first test asks, and ends with the run.

Nothing here may reach a cluster, a state folder or a terminal setting of the person who runs the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile

import pytest
from hypothesis import settings

from tests.means.cache import in_ci

pytest_plugins = [
    "tests.controlplane.fixtures",
    "tests.means.prometheus",
    "tests.means.alertmanager",
    "tests.means.opensearch",
]

# Machines that run tests are busy, so no deadline; in CI the same examples in every run.
settings.register_profile("warroom", deadline=None, derandomize=in_ci())
settings.load_profile("warroom")

_OURS_TO_SET = (
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "NO_COLOR",
    "COLORFGBG",
    "LC_ALL",
    "SSH_CONNECTION",
    "COLUMNS",
    "LINES",
)


def pytest_configure(config: pytest.Config) -> None:
    """Turns away from the real environment before anything is imported that reads it."""
    for name in [*_OURS_TO_SET, *(name for name in os.environ if name.startswith("WARROOM_"))]:
        os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background; programs under test would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = tempfile.mkdtemp(prefix="wr-")  # short: a socket's path may have 100 bytes
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {
        "KUBECONFIG": f"{folder}/no-cluster",
        "XDG_STATE_HOME": f"{folder}/state",
        "XDG_CONFIG_HOME": f"{folder}/config",
    }
