"""The app: takes the seat, loses and finds the engine, keeps the place, says why a cluster cannot be opened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual._compositor import LayoutUpdate
from textual._context import active_app
from textual.events import Key, Paste

from console.app import WarRoom, prepare_environment
from console.errors import ConfigError, Unreachable, Untrusted, WireError
from console.model.action import ActionSpec
from console.ports.session import Place, Update
from tests.terminal.session import Terminal
from tests.widgets import scripted
from tests.widgets.scripted import Scripted
from tests.widgets.seats import Seat, seat
from widgets.screens import detailing
from widgets.screens.room import RoomScreen


async def _until(at: Seat, words: str) -> None:
    for _ in range(50):
        if words in at.text():
            return
        await at.clock.advance(1)
        await at.settle()
    raise AssertionError(f"not drawn: {words}\n{at.text()}")


async def test_a_lost_engine_is_said_and_the_seat_is_taken_again_when_it_is_back() -> None:
    sessions = [Scripted(), Scripted(), Scripted()]
    sessions[1].gone = True
    given = iter(sessions)

    async def connect() -> Scripted:
        return next(given)

    async with seat(session=sessions[0], connect=connect) as at:
        assert "quiet-heron" in at.text()
        sessions[0].lose()
        await at.settle()
        assert "ENGINE LOST" in at.text()
        assert "exec into pod" in at.text()
        for _ in range(10):
            await at.clock.advance(5)
            await at.settle()
        assert "ENGINE LOST" not in at.text()
        assert sessions[0].closed
        assert "findings" in sessions[2].subscribed


def _drawn() -> bool:
    """Whether the room of the app that runs has been drawn."""
    room = active_app.get().room  # type: ignore[attr-defined]
    return room is not None and bool(room.is_mounted)


async def test_the_engine_is_spoken_to_before_the_room_is_drawn_and_nothing_it_says_is_lost() -> None:
    session = Scripted()
    drawn: list[bool] = []

    async def connect() -> Scripted:
        drawn.append(_drawn())
        return session

    async with seat(session=session, connect=connect) as at:
        assert drawn == [False]
        assert {"header", "findings", "checklist", "changes"} <= set(session.subscribed)
        assert "exec into pod" in at.text()
        assert "quiet-heron" in at.text()


async def test_what_was_browsed_is_asked_for_once_and_before_the_room_is_drawn() -> None:
    place = '{"pane": "resources", "browse": "browse:pods"}'
    drawn: dict[str, bool] = {}

    class Watched(Scripted):
        async def subscribe(self, topic: str) -> AsyncIterator[Update]:
            drawn[topic] = _drawn()
            async for update in super().subscribe(topic):
                yield update

    session = Watched(place=place)
    async with seat(session=session) as at:
        assert drawn["browse:pods"] is False
        assert session.subscribed.count("browse:pods") == 1
        assert "web-00001          1/1" in at.text()
        await at.press("colon", *"nodes", "enter")
        assert session.subscribed.count("browse:nodes") == 1
        await at.press("colon", *"pods", "enter")
        assert session.subscribed.count("browse:pods") == 2


async def test_what_came_before_the_room_is_drawn_is_in_its_first_frame_and_painted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[str] = []
    show = WarRoom._display

    def shown(app: WarRoom, screen: RoomScreen, update: object) -> None:
        if isinstance(update, LayoutUpdate):
            painted.append("\n".join("".join(part.text for part in strip) for strip in update.strips))
        show(app, screen, update)

    monkeypatch.setattr(WarRoom, "_display", shown)
    session = Scripted(place='{"pane": "resources", "browse": "browse:pods"}')
    async with seat(session=session) as at:
        await at.settle()

    assert len(painted) == 1
    for words in ("quiet-heron", "exec into pod", "web-00001          1/1"):
        assert words in painted[0]


async def test_a_browser_that_is_refused_is_told_in_the_room_it_belongs_to() -> None:
    session = Scripted(place='{"pane": "resources", "browse": "browse:lions"}')
    session.refused["browse:lions"] = "The API server serves no lions."
    async with seat(session=session) as at:
        assert "serves no lions" in at.text()


async def test_a_key_pressed_before_the_actions_are_imported_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detailing, "SOON", 3600)
    asked: list[int] = []

    def give() -> tuple[ActionSpec, ...]:
        asked.append(1)
        return scripted.specs()

    async with seat(specs=give) as at:
        assert "exec into pod" in at.text()
        assert asked == []
        await at.press("x")
        assert "Quarantine a pod" in at.text()
        assert asked == [1]


async def test_the_keys_of_a_row_are_told_when_the_actions_are_imported() -> None:
    async with seat(specs=scripted.specs) as at:
        for _ in range(40):
            if "x i quarantine" in at.text():
                return
            await at.pilot.pause(0.05)
    raise AssertionError("never told")


async def test_a_request_without_an_engine_is_refused_with_a_sentence() -> None:
    async with seat() as at:
        at.app.seating.session = None
        await at.press("d")
        assert "The engine is not there yet" in at.text()


async def test_the_place_is_saved_when_it_changed_and_found_again() -> None:
    async with seat() as at:
        await at.press("2", "j", "j", "s")
        await at.pilot.pause(1.1)
        place = at.asked(Place)[-1].place
        cursor = at.room.table("resources").sheet.cursor
    assert len(place) < 16_384
    async with seat(session=Scripted(place=place)) as at:
        assert at.room.pane == "resources"
        assert at.room.table("resources").sheet.cursor == cursor
        assert at.room.table("resources").rows.sort == "kind"


async def test_a_place_moved_to_in_the_last_moment_is_not_lost() -> None:
    async with seat() as at:
        await at.press("2", wait=0.0)
        await at.pilot.press("3", "q")
        await at.settle()
    places = [request.place for request in at.session.asked if isinstance(request, Place)]
    assert json.loads(places[-1])["pane"] == "checklist"


@pytest.mark.parametrize("place", ["{", '{"pane": 7}', '{"pane": "nowhere"}', '{"browse": "x"}', "[" * 5000])
async def test_a_place_that_cannot_be_read_is_the_beginning(place: str) -> None:
    async with seat(session=Scripted(place=place)) as at:
        assert at.room.pane == "activity"
        assert "Suspicious activity" in at.text()


async def test_an_unusable_kubeconfig_says_why_and_offers_the_drill() -> None:
    async def connect() -> Scripted:
        raise ConfigError("/home/ana/.kube/config is empty.")

    async with seat(connect=connect) as at:
        assert "CANNOT OPEN THE CLUSTER" in at.text()
        assert "/home/ana/.kube/config is empty." in at.text()
        await at.press("d")
        assert at.app.return_value == "drill"


async def test_an_engine_that_never_came_is_said_once_and_not_tried_for_ever() -> None:
    tries: list[int] = []

    async def connect() -> Scripted:
        tries.append(1)
        raise WireError("The engine ended before it was ready. See its log.")

    async with seat(connect=connect) as at:
        assert "CANNOT TAKE A SEAT" in at.text()
        assert "ended before it was ready" in at.text()
        for _ in range(10):
            await at.clock.advance(5)
            await at.settle()
        assert len(tries) == 1
        await at.press("r")
        assert len(tries) == 2


async def test_risky_content_is_approved_by_typing_its_short_hash_and_tried_again() -> None:
    trusted: list[str] = []

    async def connect() -> Scripted:
        if not trusted:
            raise Untrusted("The context prod wants to run a program.", "3f9a", ("runs ./login.sh",))
        return scripted_session

    async def trust(short: str) -> None:
        trusted.append(short)

    scripted_session = Scripted()
    async with seat(session=scripted_session, connect=connect, trust=trust) as at:
        assert "runs ./login.sh" in at.text()
        await at.press("3", "f", "x", "enter", "r")
        assert not trusted
        await at.press("3", "f", "9", "a")
        assert trusted == ["3f9a"]
        await _until(at, "quiet-heron")


async def test_a_mistyped_hash_with_a_d_in_it_does_not_play_the_drill() -> None:
    async def connect() -> Scripted:
        raise Untrusted("The context prod wants to run a program.", "3fd9", ("runs ./login.sh",))

    async def trust(short: str) -> None:
        raise AssertionError(short)

    async with seat(session=Scripted(), connect=connect, trust=trust) as at:
        for letters in ("3d", "4fd9", "3fdd"):
            await at.press(*letters, wait=0.5)
            assert at.app.is_running
            assert "That is not the hash: type 3fd9" in at.text()
        await at.press("d", wait=5.0)
        assert at.app.return_value == "drill"


async def test_an_unreachable_server_can_be_tried_again() -> None:
    tries: list[int] = []

    async def connect() -> Scripted:
        tries.append(1)
        if len(tries) == 1:
            raise Unreachable("https://api: connection refused.")
        return session

    session = Scripted()
    async with seat(session=session, connect=connect) as at:
        assert "connection refused" in at.text()
        await at.press("r")
        await _until(at, "quiet-heron")


async def test_hostile_text_in_an_error_is_clean() -> None:
    async def connect() -> Scripted:
        raise ConfigError("bad \x1b]52;c;x\x07 \u202e name")

    async with seat(connect=connect) as at:
        assert "␛]52" in at.text()
        assert "\u202e" not in at.text()


def test_over_ssh_kitty_keys_are_off_and_a_split_arrow_is_waited_for() -> None:
    environment = {"SSH_TTY": "/dev/pts/1"}
    prepare_environment(environment)

    assert environment["TEXTUAL_DISABLE_KITTY_KEY"] == "1"
    assert environment["ESCDELAY"] == "500"
    assert environment["TEXTUAL_ANIMATIONS"] == "none"
    own = {"ESCDELAY": "50"}
    prepare_environment(own)
    assert own["ESCDELAY"] == "50"


def test_the_seat_imports_nothing_heavy_before_its_first_frame() -> None:
    heavy = "kubernetes yaml typer pydantic prometheus_api_client aiohttp re2 sqlite3"
    code = f"""
import sys, console.app
from console.bootstrap.agreeing import agreeing
from console.config.options import Options
from console.ports.session import PROTOCOL, Welcome
agreeing(Options(state="/nowhere"))(Welcome(PROTOCOL, "1", "ana", "inc-1"))
print([name for name in {heavy.split()!r} if name in sys.modules])
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_a_hung_up_terminal_ends_the_seat_without_a_traceback() -> None:
    argv = [sys.executable, "-m", "tests.widgets.playing"]
    with Terminal(argv, 80, 24, cwd=Path(__file__).parents[2]) as terminal:
        terminal.wait_for("cluster-admin bound")
        terminal.hang_up()
        terminal.wait_end()

    assert b"Traceback" not in terminal.bytes


def test_it_leaves_on_q_and_restores_the_terminal() -> None:
    argv = [sys.executable, "-m", "tests.widgets.playing"]
    with Terminal(argv, 80, 24, cwd=Path(__file__).parents[2]) as terminal:
        terminal.wait_for("cluster-admin bound")
        assert b"\x1b[?1003h" not in terminal.bytes
        terminal.send("q")
        assert terminal.wait_end() == 0
        terminal.settle(0.1)

    assert terminal.bytes.count(b"\x1b[?1049l") == 1


async def test_a_key_typed_behind_the_one_that_left_is_no_defect_of_the_seat() -> None:
    async with seat() as at:
        await at.press("q")
    assert not at.app.screen_stack
    for event in (Key("j", "j"), Paste("text")):
        await at.app.on_event(event)
    assert at.app.return_code == 0
