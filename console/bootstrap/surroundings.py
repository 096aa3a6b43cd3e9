"""What an engine takes over from the person who starts it: some variables, and no module of the working directory.

In: this process's environment. Out: the environment and the interpreter's options of an engine. A secret that happens
to be in a shell must not live on in a process that outlasts the login.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import console

_NAMES = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "DISPLAY", "SSH_AUTH_SOCK"),
        *("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
        # What the clouds' login plugins need (console.cluster.asking_plugin passes no other on).
        *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_STS_REGIONAL_ENDPOINTS"),
        *("CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("AZURE_CONFIG_DIR", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
        *("AZURE_AUTHORITY_HOST", "AAD_LOGIN_METHOD"),
        *("AAD_SERVICE_PRINCIPAL_CLIENT_ID", "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET"),
        *("DIGITALOCEAN_ACCESS_TOKEN", "OCI_CLI_PROFILE", "OCI_CLI_CONFIG_FILE"),
    )
)
_FAMILIES = re.compile(r"(WARROOM|XDG|LC|COVERAGE)_[A-Z0-9_]+|PYTHON[A-Z0-9_]*")


def handed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables an engine gets."""
    return {name: value for name, value in environment.items() if name in _NAMES or _FAMILIES.fullmatch(name)}


def isolation() -> tuple[str, ...]:
    """Interpreter options that keep modules of the working directory out: it may be the attacker's.

    `python -m` looks there first. Only who runs warroom out of its own source folder means that folder.
    """
    ours = Path(console.__file__ or "").resolve().parents[1]
    try:
        return () if Path.cwd() == ours else ("-P",)
    except OSError:
        return ("-P",)  # the folder is gone


def is_ours(folder: Path) -> bool:
    """Whether a folder is this user's own, or will be once it is made."""
    try:
        return folder.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # not even to be looked at
