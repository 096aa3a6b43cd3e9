"""What a kubeconfig may do at once, and what it must ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.cluster.connecting import approve, connect, judgement_of
from console.cluster.credentials import Credentials
from console.cluster.http import HttpTransport
from console.cluster.options import ConnectOptions
from console.errors import ConfigError, LoginNeeded, Untrusted
from console.ports.clock import ManualClock, SystemClock
from tests.console.cluster.kubeconfigs import kubeconfig, options, program

EKS = ["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "shop", "--output", "json"]
AKS = [
    "get-token", "--environment", "AzurePublicCloud", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630",
    "--client-id", "80faf920-1908-4b52-b5ef-a8e7bedfc67a", "--tenant-id", "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "--login", "azurecli",
]  # fmt: skip


def plugin(command: str, args: list[str] | None = None, env: dict[str, str] | None = None) -> dict[str, Any]:
    config: dict[str, Any] = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command}
    if args is not None:
        config["args"] = args
    if env:
        config["env"] = [{"name": name, "value": value} for name, value in env.items()]
    return {"exec": config}


def wants(given: ConnectOptions) -> tuple[str, ...]:
    return judgement_of(given)[1].wants


@pytest.mark.parametrize(
    ("command", "args", "env"),
    [
        ("aws", EKS, {}),
        ("aws", ["eks", "get-token", "--cluster-name=shop", "--profile=prod"], {"AWS_PROFILE": "prod"}),
        ("aws", [*EKS, "--role-arn", "arn:aws:iam::123456789012:role/break/glass"], {"AWS_REGION": "eu-central-1"}),
        ("aws-iam-authenticator", ["token", "-i", "shop"], {}),
        ("gke-gcloud-auth-plugin", None, {}),
        ("gke-gcloud-auth-plugin", ["--use_application_default_credentials"], {}),
        ("kubelogin", AKS, {}),
        (
            "doctl",
            [
                "kubernetes",
                "cluster",
                "kubeconfig",
                "exec-credential",
                "--version=v1beta1",
                "6dae42f8-4368-4678-94ff-3960e28e3630",
            ],
            {},
        ),
    ],
)
def test_the_clouds_own_plugins_run_at_once(
    tmp_path: Path, command: str, args: list[str] | None, env: dict[str, str]
) -> None:
    program(tmp_path / "bin" / command)
    kubeconfig(tmp_path / "config", plugin(command, args, env))

    assert wants(options(tmp_path)) == ()


@pytest.mark.parametrize(
    ("command", "args", "env"),
    [
        pytest.param("aws", ["s3", "rm", "s3://backups", "--recursive"], {}, id="another use of a known program"),
        pytest.param("aws", [*EKS, "--endpoint-url", "https://evil.example"], {}, id="an address"),
        pytest.param("aws", [*EKS, "extra"], {}, id="a word too many"),
        pytest.param("aws", ["eks", "get-token", "--cluster-name"], {}, id="a value missing"),
        pytest.param("aws", ["eks", "get-token", "--cluster-name", "$(rm -rf /)"], {}, id="a value with a command"),
        pytest.param("aws", ["eks", "get-token", "--cluster-name", "a\nb"], {}, id="a value of two lines"),
        pytest.param("aws", EKS, {"AWS_CONFIG_FILE": "/tmp/evil"}, id="a variable that names a file"),
        pytest.param("aws", EKS, {"LD_PRELOAD": "/tmp/evil.so"}, id="a variable that loads code"),
        pytest.param("aws", EKS, {"AWS_PROFILE": "a b;c"}, id="a profile with a command"),
        pytest.param("kubelogin", [*AKS, "--authority-host", "https://evil.example"], {}, id="a login address"),
        pytest.param("gke-gcloud-auth-plugin", ["--impersonate_service_account=x"], {}, id="an unknown option"),
        pytest.param("kubectl", ["oidc-login", "get-token", "--oidc-issuer-url=https://x"], {}, id="another program"),
        pytest.param("curl", ["https://evil.example"], {}, id="any program"),
    ],
)
def test_everything_else_is_asked_for(tmp_path: Path, command: str, args: list[str], env: dict[str, str]) -> None:
    program(tmp_path / "bin" / command)
    kubeconfig(tmp_path / "config", plugin(command, args, env))

    [want] = wants(options(tmp_path))

    assert want.startswith(f"run the program {tmp_path / 'bin' / command} {args[0]}")
    assert all(f"{name}={value}" in want for name, value in env.items())


def test_a_known_name_in_another_place_is_asked_for(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "aws")
    program(tmp_path / "evil" / "aws")
    kubeconfig(tmp_path / "config", plugin("./evil/aws", EKS))

    assert len(wants(options(tmp_path))) == 1


@pytest.mark.parametrize("entry", ["work", "work/bin"])
def test_a_program_in_the_working_directory_is_not_found(tmp_path: Path, entry: str) -> None:
    program(tmp_path / entry / "aws")
    kubeconfig(tmp_path / "config", plugin("aws", EKS))

    with pytest.raises(ConfigError, match="'aws' of user 'prod' is not on PATH"):
        wants(options(tmp_path, environment={"PATH": f".:{tmp_path / entry}::bin"}))


def test_a_link_into_the_working_directory_is_not_found(tmp_path: Path) -> None:
    program(tmp_path / "work" / "aws")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "aws").symlink_to(tmp_path / "work" / "aws")
    kubeconfig(tmp_path / "config", plugin("aws", EKS))

    with pytest.raises(ConfigError, match="not on PATH"):
        wants(options(tmp_path))


def test_a_program_that_anyone_may_change_is_not_found(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "aws", mode=0o777)
    kubeconfig(tmp_path / "config", plugin("aws", EKS))

    with pytest.raises(ConfigError, match="not on PATH"):
        wants(options(tmp_path, environment={"PATH": str(tmp_path / "bin")}))


@pytest.mark.parametrize(
    ("user", "cluster", "said"),
    [
        ({"tokenFile": "/etc/hostname"}, {}, "send the content of /etc/hostname to https://192.0.2.1:6443"),
        ({}, {"proxy-url": "http://evil.example:8080"}, "send everything through the proxy http://evil.example:8080"),
        ({}, {"insecure-skip-tls-verify": True}, "without verifying its certificate"),
        ({}, {"server": "http://192.0.2.1"}, "without encryption"),
        (
            {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://id.example"}}},
            {},
            "log in through the provider oidc at https://id.example",
        ),
    ],
)
async def test_files_proxies_and_blind_trust_are_asked_for(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], said: str
) -> None:
    kubeconfig(tmp_path / "config", user, cluster)
    given = options(tmp_path)

    with pytest.raises(Untrusted) as caught:
        await connect(given, ManualClock())

    assert said in caught.value.wants[0]
    assert f"warroom trust --context prod ({caught.value.short_hash})" in str(caught.value)


@pytest.mark.parametrize(("mode", "asked"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o644, 1)])
def test_a_private_key_that_others_may_read_is_asked_for(tmp_path: Path, mode: int, asked: int) -> None:
    key = tmp_path / "my.key"
    key.write_text("key")
    key.chmod(mode)
    kubeconfig(tmp_path / "config", {"client-key": "my.key"})
    kubeconfig(tmp_path / "inside", {"client-key-data": "a2V5"}).chmod(mode)

    assert len(wants(options(tmp_path))) == asked
    assert len(wants(options(tmp_path, tmp_path / "inside"))) == asked


def test_an_approval_holds_for_this_content_only(tmp_path: Path) -> None:
    evil = program(tmp_path / "bin" / "login", "exit 1")
    kubeconfig(tmp_path / "config", plugin("login", ["a"]))
    given = options(tmp_path)
    approve(given, judgement_of(given)[1].short_hash)
    first = judgement_of(given)[1].digest

    kubeconfig(tmp_path / "config", plugin("login", ["b"]))
    second = judgement_of(given)[1].digest
    kubeconfig(tmp_path / "config", plugin("login", ["a"]))
    program(evil, "exit 2")
    third = judgement_of(given)[1].digest

    assert len({first, second, third}) == 3


async def test_what_was_approved_passes_until_it_changes(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {"token": "t"}, {"insecure-skip-tls-verify": True})
    given = options(tmp_path)
    approve(given, judgement_of(given)[1].short_hash)

    transport = await connect(given, ManualClock())
    kubeconfig(tmp_path / "config", {"token": "other"}, {"insecure-skip-tls-verify": True})
    same = await connect(given, ManualClock())
    kubeconfig(tmp_path / "config", {"token": "t"}, {"insecure-skip-tls-verify": True, "server": "https://evil"})

    assert (transport.insecure, same.insecure) == (True, True)
    with pytest.raises(Untrusted):
        await connect(given, ManualClock())


def test_a_wrong_hash_approves_nothing(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {}, {"insecure-skip-tls-verify": True})
    given = options(tmp_path)

    with pytest.raises(ConfigError, match="is not the hash of the context 'prod'"):
        approve(given, "abcdef" if judgement_of(given)[1].short_hash != "abcdef" else "fedcba")
    kubeconfig(tmp_path / "config", {"token": "t"})
    with pytest.raises(ConfigError, match="needs no approval"):
        approve(given, "abcdef")


async def test_approvals_are_for_the_owners_eyes_and_hands(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", {}, {"insecure-skip-tls-verify": True})
    given = options(tmp_path)
    approve(given, judgement_of(given)[1].short_hash)
    kept = tmp_path / "state" / "trusted"

    mode = kept.stat().st_mode & 0o777
    kept.chmod(0o666)

    assert mode == 0o600
    with pytest.raises(ConfigError, match="must be yours alone"):
        await connect(given, ManualClock())


# What runs after approval


async def _connected(tmp_path: Path, script: str, clock: SystemClock | None = None, **config: Any) -> HttpTransport:
    program(tmp_path / "bin" / "login", script)
    user = plugin("login", ["a"])
    user["exec"] |= config
    kubeconfig(tmp_path / "config", user)
    given = options(tmp_path, environment={"AWS_PROFILE": "prod", "PLANTED": "x", "LD_PRELOAD": ""})
    approve(given, judgement_of(given)[1].short_hash)
    return await connect(given, clock or SystemClock())


_CREDENTIAL = (
    """echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":"""
    """{"token":"tok-'$AWS_PROFILE'-'$PLANTED'-'$1'","expirationTimestamp":"2099-01-01T00:00:00Z"}}'"""
)


async def test_a_plugin_gives_a_token_and_sees_little_of_the_environment(tmp_path: Path) -> None:
    transport = await _connected(tmp_path, _CREDENTIAL)

    access = await transport._login.access()

    assert access.headers == (("Authorization", "Bearer tok-prod--a"),)
    await transport.close()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'run: aws sso login' >&2; exit 3", "process returned 3. run: aws sso login"),
        ("echo nonsense", "failed to decode process output"),
        ("echo '{}'", "malformed response"),
        (
            """echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{}}'""",
            "neither a token nor a certificate",
        ),
    ],
)
async def test_a_plugin_that_fails_needs_a_person(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(LoginNeeded, match=r"(?i)log in with it in a terminal") as caught:
        await _connected(tmp_path, script)

    assert said in str(caught.value)


async def test_a_plugin_that_wants_a_terminal_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(LoginNeeded, match="wants a person at a terminal"):
        await _connected(tmp_path, f"touch {tmp_path}/started", interactiveMode="Always")

    assert not (tmp_path / "started").exists()


class ThirtySecondsLater(SystemClock):
    """Deadlines end as soon as the plugin has started."""

    def __init__(self, sign: Path) -> None:
        self._sign = sign

    async def sleep(self, seconds: float) -> None:
        while not self._sign.exists():
            await super().sleep(0.01)


async def test_a_plugin_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    sign = tmp_path / "children"

    with pytest.raises(LoginNeeded, match="did not answer within 30 s"):
        await _connected(
            tmp_path, f"sleep 1000 & echo $! > {sign}.new; mv {sign}.new {sign}; wait", ThirtySecondsLater(sign)
        )

    child = Path(f"/proc/{sign.read_text().strip()}/status")
    assert not child.exists() or "State:\tZ" in child.read_text()


def test_credentials_do_not_say_their_secrets_in_a_header_of_none() -> None:
    assert Credentials().headers == ()
