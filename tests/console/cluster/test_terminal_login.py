"""A login plugin at a person's terminal: the gate first, little of the environment, nothing said of what it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.cluster import terminal_login
from console.cluster.connecting import approve, judgement_of
from console.cluster.credentials import Credentials
from console.cluster.options import ConnectOptions
from console.cluster.renewing import Material, RenewingLogin
from console.cluster.terminal_login import plugin_of, run_plugin
from console.errors import LoginNeeded, Untrusted
from console.ports.clock import ManualClock
from tests.console.cluster.kubeconfigs import kubeconfig, options, program

_GOOD = """echo '{"kind":"ExecCredential","status":{"token":"tok-secret"}}'"""


def _options(tmp_path: Path, script: str, *, trusted: bool = True, **config: Any) -> ConnectOptions:
    program(tmp_path / "bin" / "login", script)
    kubeconfig(
        tmp_path / "config",
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "args": ["a b"], **config}},
    )
    given = options(tmp_path, environment={"AWS_PROFILE": "prod", "PLANTED": "x", "LD_PRELOAD": "", "TERM": "xterm"})
    if trusted:
        approve(given, judgement_of(given)[1].short_hash)
    return given


def _run(given: ConnectOptions) -> str:
    found = plugin_of(given, "prod")
    assert found is not None
    return run_plugin(*found, given.environment)


def test_a_plugin_nobody_approved_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(Untrusted, match="needs approval"):
        plugin_of(_options(tmp_path, _GOOD, trusted=False), "prod")


def test_a_plugin_that_changed_after_its_approval_is_not_run(tmp_path: Path) -> None:
    given = _options(tmp_path, _GOOD)
    program(tmp_path / "bin" / "login", f"touch {tmp_path}/owned; {_GOOD}")

    with pytest.raises(Untrusted, match="needs approval"):
        plugin_of(given, "prod")

    assert not (tmp_path / "owned").exists()


def test_what_it_gives_is_never_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(_options(tmp_path, _GOOD)) == ""

    said = capfd.readouterr()
    assert "tok-secret" not in said.out + said.err


def test_it_sees_who_the_person_is_and_that_it_may_ask(tmp_path: Path) -> None:
    script = f"""env > {tmp_path}/seen; echo "$1" >> {tmp_path}/seen; {_GOOD}"""
    given = _options(tmp_path, script, env=[{"name": "CORP_REALM", "value": "east"}], provideClusterInfo=True)

    assert _run(given) == ""

    seen = (tmp_path / "seen").read_text()
    assert '"interactive":true' in seen
    assert '"server":"https://192.0.2.1:6443"' in seen
    assert {"AWS_PROFILE=prod", "TERM=xterm", "CORP_REALM=east", "a b"} <= set(seen.splitlines())
    assert "PLANTED" not in seen
    assert "LD_PRELOAD" not in seen


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "login ended with exit status 3"),
        ("kill -INT $$", "login ended by a signal"),
        ("echo tok-secret", "login ended without a credential"),
        ("""echo '{"status":{"token":""}}'""", "login ended without a credential"),
        ("""echo '{"status":["tok-secret"]}'""", "login ended without a credential"),
        ("""printf '\\377\\376tok-secret'""", "login ended without a credential"),
    ],
)
def test_a_plugin_that_gave_nothing_is_a_sentence_without_its_output(tmp_path: Path, script: str, said: str) -> None:
    heard = _run(_options(tmp_path, script))

    assert said in heard
    assert "tok-secret" not in heard


def test_one_that_nobody_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_login, "PATIENCE", 0.2)

    assert "nobody answered it" in _run(_options(tmp_path, "exec sleep 1000"))


def test_there_is_nothing_to_run_without_a_plugin_or_for_one_that_asks_nobody(tmp_path: Path) -> None:
    assert plugin_of(_options(tmp_path, _GOOD, interactiveMode="Never"), "prod") is None
    kubeconfig(tmp_path / "config", {"token": "tok-secret"})
    assert plugin_of(options(tmp_path), "prod") is None


def test_a_plugin_that_the_engine_could_never_use_is_told_and_not_run(tmp_path: Path) -> None:
    given = _options(tmp_path, f"touch {tmp_path}/started; {_GOOD}", interactiveMode="Always")

    with pytest.raises(LoginNeeded, match=r"interactiveMode: Always.*write IfAvailable in .*config"):
        plugin_of(given, "prod")

    assert not (tmp_path / "started").exists()


async def test_after_a_persons_login_credentials_are_read_at_once_though_a_renewal_has_just_failed() -> None:
    answers: list[str] = ["", "", "new"]

    async def read() -> Material:
        if not (token := answers.pop(0)):
            raise LoginNeeded("nobody is logged in.")
        return Credentials(token), b""

    login = RenewingLogin(read, (Credentials("old"), b""), ManualClock())
    old = await login.access()
    for _ in range(2):
        with pytest.raises(LoginNeeded):
            await login.renew(old)
    assert len(answers) == 2, "a failed renewal is not repeated at once"

    with pytest.raises(LoginNeeded):
        await login.again()
    await login.again()

    assert (await login.access()).headers == (("Authorization", "Bearer new"),)
