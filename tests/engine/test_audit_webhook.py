"""The audit webhook of a real API server: its own batches become findings, none lost and none counted twice."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import trustme

from console.ports.views import FindingRow, HeaderView
from tests.controlplane.running import ControlPlane, free_ports
from tests.controlplane.waiting import eventually
from tests.engine.relaying import Relay, relaying
from tests.engine.running import Installation, now, until

TITLE = "all secrets listed"
TOKEN = "n0t-a-real-token"


class Receiving:
    """An installation whose engine receives audit batches, and hears of intrusions in no other way."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane, self.folder = plane, folder
        self.warroom = Installation(plane.kubeconfig("admin"))
        self.port = free_ports(1)

    def start(self, **settings: str) -> None:
        """Start the engine with these settings of its source."""
        lines = [f"audit_webhook_{key} = {json.dumps(value)}\n" for key, value in settings.items()]
        config = self.folder / "config.toml"
        config.write_text("[sources]\n" + "".join(lines))
        self.warroom.environment["WARROOM_CONFIG"] = str(config)
        self.start_again()

    def start_again(self) -> None:
        """Start the engine, which reads the same settings."""
        done = self.warroom.run("checklist", "--json", "--audit-webhook", f"127.0.0.1:{self.port}")
        assert done.returncode == 0, done.stderr

    async def counted(self, count: int) -> int:
        """How often the engine saw the responder list all secrets, once it is that often at least."""
        async with self.warroom.seat() as seat:
            await until(seat, "findings", FindingRow, lambda rows: listed(rows) >= count)
            return listed(await now(seat, "findings", FindingRow))

    async def why(self) -> str:
        """What the header says of the source."""
        async with self.warroom.seat() as seat:
            (header,) = await now(seat, "header", HeaderView)
        return header.sources[-1].why

    def spooled(self) -> Counter[str]:
        """How often each record of the responder lies in the spool."""
        (spool,) = self.warroom.state.glob("**/webhook/events.log")
        return records(spool)


def listed(rows: list[FindingRow]) -> int:
    return sum(row.count for row in rows if row.title == TITLE and row.who.startswith("responder"))


def records(path: Path) -> Counter[str]:
    """Audit-ID and stage of what the responder did, as a file of events has it."""
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return Counter(f"{one['auditID']} {one['stage']}" for one in events if one["user"]["username"] == "responder")


@pytest.fixture
def receiving(controlplane: ControlPlane, tmp_path: Path) -> Iterator[Receiving]:
    one = Receiving(controlplane, tmp_path)
    controlplane.grant([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}], name="lists-secrets")
    yield one
    one.warroom.stop()
    shutil.rmtree(one.warroom.state, ignore_errors=True)


def list_secrets(plane: ControlPlane, times: int) -> None:
    for _ in range(times):
        plane.kubectl("get", "secrets", "-A", user="responder")


def with_token(receiving: Receiving) -> dict[str, str]:
    path = receiving.folder / "token"
    path.write_text(TOKEN)
    path.chmod(0o600)
    return {"token_file": str(path)}


def with_certificate(receiving: Receiving) -> dict[str, str]:
    """A certificate of the receiver, and beside it one of its caller."""
    authority, folder = trustme.CA(), receiving.folder
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("apiserver.example")
    server.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    server.private_key_pem.write_to_path(folder / "tls.key")
    (folder / "tls.key").chmod(0o600)
    authority.cert_pem.write_to_path(folder / "ca.crt")
    client.private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")
    return {"cert": str(folder / "tls.crt"), "key": str(folder / "tls.key")}


def is_taken_unheard(receiving: Receiving, relay: Relay, count: int, lost: int) -> bool:
    return receiving.spooled().total() == count and relay.lost > lost


async def taken_without_an_answer(receiving: Receiving, relay: Relay, count: int) -> int:
    """Make a batch that is taken while the API server does not hear of it; gives how many were listed by then.

    A batch of somebody else's may be the one whose answer is lost: then no handshake succeeds any more, and ours waits.
    """
    for _ in range(10):
        relay.losing, before = True, relay.lost
        list_secrets(receiving.plane, 1)
        count += 1
        with contextlib.suppress(AssertionError):
            eventually(partial(is_taken_unheard, receiving, relay, count, before), timeout=5)
            return count
        relay.losing = False
        assert await receiving.counted(count) == count
    raise AssertionError("each time another batch was the one whose answer was lost")


async def test_an_engine_that_ends_in_the_middle_loses_nothing_and_counts_nothing_twice(receiving: Receiving) -> None:
    """Ended with a batch taken whose answer was lost, ended while others wait, and killed."""
    plane, authority = receiving.plane, str(receiving.folder / "ca.crt")
    with relaying(receiving.port) as relay:
        receiving.start(**with_token(receiving), **with_certificate(receiving))
        plane.post_audit_to(f"https://127.0.0.1:{relay.port}/", token=TOKEN, authority=authority)
        before = records(plane.audit_log)

        list_secrets(plane, 2)
        assert await receiving.counted(2) == 2

        count = await taken_without_an_answer(receiving, relay, 2)
        assert await receiving.counted(count) == count, "the batch was taken, but the API server does not know"
        receiving.warroom.run("stop", "--reason", "restart")
        relay.losing = False
        list_secrets(plane, 2)  # nobody listens: they wait in the API server
        receiving.start_again()
        assert await receiving.counted(count + 2) == count + 2, "what was taken came again, and is not counted again"

        receiving.warroom.kill()
        list_secrets(plane, 1)
        receiving.start_again()
        assert await receiving.counted(count + 3) == count + 3
        written = records(plane.audit_log) - before
        eventually(lambda: written - receiving.spooled() == Counter(), timeout=30)

    assert set(receiving.spooled().values()) == {1}


async def test_over_tls_only_the_api_server_with_its_certificate_is_heard(receiving: Receiving) -> None:
    authority, client = str(receiving.folder / "ca.crt"), str(receiving.folder / "client.pem")
    receiving.start(**with_certificate(receiving), client_ca=authority)

    with relaying(receiving.port) as relay:
        url = f"https://127.0.0.1:{relay.port}/"
        receiving.plane.post_audit_to(url, authority=authority, token=TOKEN)
        list_secrets(receiving.plane, 1)
        eventually(lambda: relay.calls > 2, timeout=60)
        assert await receiving.why() == "no batch has arrived yet"

        receiving.plane.post_audit_to(url, authority=authority, certificate=client)
        list_secrets(receiving.plane, 1)
        assert await receiving.counted(1) == 1


async def test_a_token_without_tls_never_arrives_and_the_header_says_so(receiving: Receiving) -> None:
    """The API server sends a token over TLS only: what would be silence is told with its mend."""
    receiving.start(**with_token(receiving))

    receiving.plane.post_audit_to(f"http://127.0.0.1:{receiving.port}/", token=TOKEN)
    list_secrets(receiving.plane, 1)

    async with receiving.warroom.seat() as seat:
        wanted = "without the right token were refused; an API server sends its token over TLS only"
        await until(seat, "header", HeaderView, lambda rows: wanted in rows[0].sources[-1].why)


async def test_on_loopback_a_server_without_secrets_is_heard(receiving: Receiving) -> None:
    receiving.start()

    receiving.plane.post_audit_to(f"http://127.0.0.1:{receiving.port}/")
    list_secrets(receiving.plane, 1)

    assert await receiving.counted(1) == 1
