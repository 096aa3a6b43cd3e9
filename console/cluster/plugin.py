"""The process in which `kubernetes` runs login plugins and renews OIDC tokens; started by `asking_plugin`.

In: one JSON object on standard input. Out: one on standard output. It exists so that half a second of import and a
plugin that hangs or prints never touch the engine.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any


def main() -> None:
    """Answer the question on standard input."""
    question = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)  # the loader logs what the plugin said; that may hold a token
    try:
        answer = _from_exec(question) if question["way"] == "exec" else _from_provider(question)
    except Exception as error:  # the only other channel is a traceback on the terminal
        answer = {"error": str(error)[:2000] or type(error).__name__}
    sys.stdout.write(json.dumps(answer))


def _from_exec(question: dict[str, Any]) -> dict[str, Any]:
    from kubernetes.config.exec_provider import ExecProvider
    from kubernetes.config.kube_config import ConfigNode

    config = ConfigNode("exec", question["exec"])  # type: ignore[no-untyped-call]
    cluster = ConfigNode("cluster", question["cluster"])  # type: ignore[no-untyped-call]
    status = ExecProvider(config, question["folder"], cluster).run()  # type: ignore[no-untyped-call]
    return {
        "token": status.get("token", ""),
        "certificate": status.get("clientCertificateData", ""),
        "key": status.get("clientKeyData", ""),
        "expires": status.get("expirationTimestamp", ""),
    }


def _from_provider(question: dict[str, Any]) -> dict[str, Any]:
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import load_kube_config_from_dict

    settings = question["user"]["auth-provider"].setdefault("config", {})
    if not any(name.startswith("idp-certificate-authority") for name in settings):
        # Without an authority the loader would not verify the provider at all.
        import certifi

        settings["idp-certificate-authority"] = certifi.where()
    found = Configuration()
    load_kube_config_from_dict(  # type: ignore[no-untyped-call]
        {
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": question["server"]}}],
            "users": [{"name": "it", "user": question["user"]}],
        },
        client_configuration=found,
    )
    token = (found.api_key or {}).get("BearerToken", "").removeprefix("Bearer ")
    return {"token": token} if token else {"error": "the provider gave no token"}


if __name__ == "__main__":
    main()
