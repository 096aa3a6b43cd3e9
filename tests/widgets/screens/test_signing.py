"""`:login`: what the seat asks of its plugin and of the engine, and what it says. The terminal's part is in rooms."""

from __future__ import annotations

from console.errors import ConfigError, LoginNeeded
from console.ports.login import Plugin
from console.ports.session import Login
from tests.widgets import scripted
from tests.widgets.scripted import Scripted, c
from tests.widgets.seats import Seat, seat


class Means:
    """A seat whose kubeconfig names no plugin, or is unusable."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.contexts: list[str] = []

    def plugin(self, context: str) -> Plugin | None:
        self.contexts.append(context)
        if self.error is not None:
            raise self.error
        return None

    def run(self, context: str) -> str:
        raise AssertionError("there is nothing to run")

    def environment(self) -> dict[str, str]:
        return {"AWS_PROFILE": "break-glass"}


def _needed(**more: object) -> Scripted:
    header = scripted.header(login=c("The token file /x/token holds no token. Log in again."), **more)
    return Scripted(scripted.room_rows() | {"header": [header]})


async def _login(at: Seat) -> None:
    await at.press("colon", *"login", "enter")
    for _ in range(10):
        await at.settle()


async def test_the_header_names_the_command_in_every_size() -> None:
    for size in ((80, 24), (200, 60)):
        async with seat(size, _needed()) as at:
            assert "LOGIN NEEDED, :login  The token file" in at.text()


async def test_without_a_plugin_the_engine_gets_the_environment_again_and_its_answer_is_said() -> None:
    session, means = _needed(), Means()
    session.answers[Login] = scripted.refusal("Still LOGIN NEEDED: the token file holds no token.")
    async with seat(session=session, login=means) as at:
        await _login(at)
        assert means.contexts == ["prod-eu"]
        assert at.asked(Login) == [Login({"AWS_PROFILE": "break-glass"})]
        assert "Still LOGIN NEEDED: the token file holds no token." in at.text()


async def test_a_kubeconfig_that_cannot_be_used_is_a_sentence_and_nothing_is_sent() -> None:
    async with seat(session=_needed(), login=Means(ConfigError("config: \x1b[31m is empty."))) as at:
        await _login(at)
        assert "config: ␛[31m is empty." in at.text()
        assert not at.asked(Login)


async def test_in_a_drill_and_without_means_there_is_nobody_to_log_in() -> None:
    async with seat(session=_needed(drill=True), login=Means()) as at:
        await _login(at)
        assert "This is a drill" in at.text()
    async with seat(session=_needed()) as at:
        await _login(at)
        assert "This seat cannot log in" in at.text()
        assert not at.asked(Login)


async def test_the_error_screen_logs_in_by_its_letter_and_tries_again() -> None:
    tries: list[int] = []
    session = Scripted()

    async def connect() -> Scripted:
        tries.append(1)
        if len(tries) == 1:
            raise LoginNeeded("nobody is logged in.")
        return session

    async with seat(session=session, connect=connect, login=Means()) as at:
        assert "Press l to log in here" in at.text()
        await at.press("l")
        for _ in range(40):
            if "quiet-heron" in at.text():
                break
            await at.pilot.pause(0.05)
        assert len(tries) == 2
        assert "quiet-heron" in at.text()


async def test_the_error_screen_of_other_troubles_offers_no_login() -> None:
    async def connect() -> Scripted:
        raise ConfigError("config is empty.")

    async with seat(connect=connect, login=Means()) as at:
        assert "log in here" not in at.text()
        await at.press("l")
        assert "CANNOT OPEN THE CLUSTER" in at.text()
