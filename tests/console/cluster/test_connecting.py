"""From options to a transport: flags as kubectl's, a pod's own account, logins that renew themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from console.cluster.connecting import connect
from console.cluster.http import HttpTransport
from console.cluster.incluster import in_pod
from console.errors import ConfigError, LoginNeeded
from console.ports.clock import ManualClock
from tests.console.cluster.kubeconfigs import kubeconfig, options


async def headers(transport: HttpTransport) -> list[tuple[str, str]]:
    return list((await transport._login.access()).headers)


async def test_as_and_as_group_are_impersonation_headers(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"token": "t"})

    transport = await connect(options(tmp_path, as_user="lead", as_groups=("ir", "ops")), ManualClock())

    assert (await headers(transport))[1:] == [
        ("Impersonate-User", "lead"),
        ("Impersonate-Group", "ir"),
        ("Impersonate-Group", "ops"),
    ]


ROBOT = {
    "token": "t", "as": "robot", "as-uid": "42", "as-groups": ["bots"],
    "as-user-extra": {"acme.com/Pro ject%": ["a", "b"], "scopes": ["x"]},
}  # fmt: skip
EXTRA = [
    ("Impersonate-Extra-acme.com%2FPro%20ject%25", "a"),
    ("Impersonate-Extra-acme.com%2FPro%20ject%25", "b"),
    ("Impersonate-Extra-scopes", "x"),
]


async def test_a_user_entry_may_impersonate_and_a_flag_takes_the_place_of_its_field(tmp_path: Path) -> None:
    """As kubectl does (client-go merges the flags over the entry field by field)."""
    kubeconfig(tmp_path / "config", ROBOT)

    plain = await connect(options(tmp_path), ManualClock())
    user = await connect(options(tmp_path, as_user="lead"), ManualClock())
    group = await connect(options(tmp_path, as_groups=("ir",)), ManualClock())

    uid, bots = ("Impersonate-Uid", "42"), ("Impersonate-Group", "bots")
    assert (await headers(plain))[1:] == [("Impersonate-User", "robot"), uid, bots, *EXTRA]
    assert (await headers(user))[1:] == [("Impersonate-User", "lead"), uid, bots, *EXTRA]
    assert (await headers(group))[1:] == [("Impersonate-User", "robot"), uid, ("Impersonate-Group", "ir"), *EXTRA]
    assert plain.impersonates


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"as-uid": "42"}, "without a user"),
        ({"as-groups": ["bots"]}, "without a user"),
        ({"as-user-extra": {"scopes": ["x"]}}, "without a user"),
        ({"as": "robot", "as-groups": "bots"}, "as-groups of 'prod' must be a list of texts"),
        ({"as": "robot", "as-groups": [7]}, "as-groups of 'prod' must be a list of texts"),
        ({"as": "robot", "as-user-extra": ["x"]}, "must be names with lists"),
        ({"as": "robot", "as-user-extra": {"scopes": "x"}}, "as-user-extra scopes of 'prod' must be a list of texts"),
        ({"as": "robot", "as-user-extra": {"scopes": ["a\nb"]}}, "printable ASCII only"),
    ],
)
async def test_an_impersonation_that_cannot_be_made_whole_is_refused(
    tmp_path: Path, user: dict[str, object], said: str
) -> None:
    kubeconfig(tmp_path / "config", {"token": "t"} | user)

    with pytest.raises(ConfigError, match=said):
        await connect(options(tmp_path), ManualClock())


@pytest.mark.parametrize(
    ("more", "said"),
    [({"as_groups": ("ir",)}, "--as-group needs --as"), ({"as_user": "a\r\nX: y"}, "printable ASCII only")],
)
async def test_unusable_impersonation_is_refused(tmp_path: Path, more: dict[str, object], said: str) -> None:
    kubeconfig(tmp_path / "config", {"token": "t"})

    with pytest.raises(ConfigError, match=said):
        await connect(options(tmp_path, **more), ManualClock())


async def test_the_namespace_flag_wins_over_the_contexts(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", namespace="shop")

    assert (await connect(options(tmp_path), ManualClock())).namespace == "shop"
    assert (await connect(options(tmp_path, namespace="web"), ManualClock())).namespace == "web"


async def test_name_and_password_are_basic_authentication(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"username": "u", "password": "p"})

    assert await headers(await connect(options(tmp_path), ManualClock())) == [("Authorization", "Basic dTpw")]


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"client-certificate-data": "eA=="}, "needs client-certificate and client-key together"),
        (
            {"client-certificate": "missing.crt", "client-key": "missing.key"},
            "missing.crt cannot be read: No such file",
        ),
        ({"client-certificate-data": "eA==", "client-key-data": "eA=="}, "are not PEM or do not belong together"),
        ({"client-certificate-data": "%"}, "client-certificate"),
        ({"token": 7}, "token of 'prod' must be text"),
    ],
)
async def test_unusable_credentials_are_a_sentence(tmp_path: Path, user: dict[str, object], said: str) -> None:
    kubeconfig(tmp_path / "config", user)

    with pytest.raises(ConfigError, match=said):
        await connect(options(tmp_path), ManualClock())


async def test_an_authority_that_is_no_certificate_is_a_sentence(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"token": "t"}, {"certificate-authority-data": "eA=="})

    with pytest.raises(ConfigError, match="certificate-authority is not a PEM certificate"):
        await connect(options(tmp_path), ManualClock())


# A pod's own account


def _account(tmp_path: Path, token: str = "pod-token") -> Path:
    folder = tmp_path / "account"
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(token)
    (folder / "namespace").write_text("ir")
    (folder / "ca.crt").write_bytes(b"")
    return folder


IN_POD = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}


async def test_in_a_pod_without_kubeconfig_the_pods_account_is_used_without_approval(tmp_path: Path) -> None:
    given = options(tmp_path, account=_account(tmp_path), environment=IN_POD)

    transport = await connect(given, ManualClock())

    assert (transport.server, transport.context, transport.namespace) == ("https://[fd00::1]:6443", "in-cluster", "ir")
    assert await headers(transport) == [("Authorization", "Bearer pod-token")]


async def test_a_kubeconfig_wins_over_the_pods_account(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config")

    assert not in_pod(options(tmp_path, account=_account(tmp_path), environment=IN_POD))
    assert not in_pod(options(tmp_path, tmp_path / "missing", account=_account(tmp_path)))


async def test_a_pods_token_is_read_again_each_minute(tmp_path: Path) -> None:
    clock = ManualClock()
    transport = await connect(options(tmp_path, account=_account(tmp_path), environment=IN_POD), clock)
    _account(tmp_path, "renewed")

    await clock.advance(59)
    before = await headers(transport)
    await clock.advance(2)

    assert before == [("Authorization", "Bearer pod-token")]
    assert await headers(transport) == [("Authorization", "Bearer renewed")]


# Renewal


async def test_renewed_credentials_of_the_kubeconfig_are_taken_up(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"token": "old"})
    transport = await connect(options(tmp_path), ManualClock())
    refused = await transport._login.access()
    kubeconfig(tmp_path / "config", {"token": "new"})

    await transport._login.renew(refused)
    await transport._login.renew(refused)  # a second watch that was refused at the same time

    assert await headers(transport) == [("Authorization", "Bearer new")]


async def test_a_context_that_names_another_server_now_is_refused(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"token": "old"})
    clock = ManualClock()
    transport = await connect(options(tmp_path), clock)
    kubeconfig(tmp_path / "config", {"token": "old"}, {"server": "https://evil.example"})

    for _ in range(2):
        with pytest.raises(LoginNeeded, match=r"names the server https://evil\.example .*this incident is about"):
            await transport._login.renew(await transport._login.access())


async def test_a_failed_renewal_is_not_repeated_at_once(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"token": "old"})
    clock = ManualClock()
    transport = await connect(options(tmp_path), clock)
    refused = await transport._login.access()
    path.write_text("")
    with pytest.raises(LoginNeeded, match="is empty"):
        await transport._login.renew(refused)
    kubeconfig(tmp_path / "config", {"token": "new"})

    with pytest.raises(LoginNeeded, match="is empty"):
        await transport._login.renew(refused)
    await clock.advance(11)
    await transport._login.renew(refused)

    assert await headers(transport) == [("Authorization", "Bearer new")]


def test_the_plain_way_imports_neither_kubernetes_nor_yaml_at_import() -> None:
    """Half a second each, before the first list."""
    code = "import sys, console.cluster.connecting, console.cluster.live; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"kubernetes", "yaml", "pydantic", "typer"} & set(loaded)
