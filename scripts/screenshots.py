"""Draws docs/screenshots/*.svg: the real screen over the real engine in the middle of the drill, the same every time.

Usage: python scripts/screenshots.py [FOLDER]

Seed, clock, incident secret and seats are fixed and threads are run in line, so that a picture changes only when what
it shows has changed; a test draws them again and compares. Nothing of the machine may get into a picture.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console import __version__
from console.actions.catalogue import all_actions
from console.app import Settings, WarRoom
from console.bootstrap.drilling import assemble_drill, new_drill
from console.config.options import Options
from console.drill.responder import Responder
from console.drill.scenario import Step
from console.incident.engine import Engine
from console.incident.session import LocalSession
from console.journal.folder import IncidentFolder
from console.ports.clock import ManualClock
from console.ports.session import PROTOCOL, Hello, Session

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
OPENED = 1_786_158_600.0
"""2026-08-08T03:10:00Z: a night from Friday to Saturday."""
UID = 1000
SIZES = ((80, 24), (120, 40), (200, 60))
_SHOWN_AT = 100.0
_STEP = 0.25
_SHOP = {"namespace": "shop"}
STORY = (
    Step(wait="finding", most="30s"),
    Step(declare="shop: stolen deployer account", reason="miner found"),
    Step(arm="contain the stolen accounts"),
    Step(act="sa.revoke", kind="ServiceAccount", name="deployer", **_SHOP),
    Step(act="evidence.pod", kind="Pod", name="metrics-proxy-*", **_SHOP),
    Step(act="sa.revoke", kind="ServiceAccount", namespace="staging", name="releaser"),
)
"""What a colleague has done before we look."""


class _InLine(ThreadPoolExecutor):
    """Runs at once what would run in a thread: what is done first must not depend on the machine."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


async def draw(folder: Path) -> list[Path]:
    """Draw every picture into a folder, and return the files."""
    asyncio.get_running_loop().set_default_executor(_InLine())
    with tempfile.TemporaryDirectory(prefix="wr-") as state:
        incident = IncidentFolder(Path(state), "drill")
        secret = incident.path / "secret"
        secret.write_bytes(b"a secret that is known to anyone")
        secret.chmod(0o600)
        clock = ManualClock(OPENED)
        drill = new_drill(Options(drill="shop", seed=1), clock)
        engine = assemble_drill(drill, clock, incident)
        engine.uid = UID
        await engine.start()
        try:
            colleague = LocalSession(engine, UID)
            await colleague.open(Hello(PROTOCOL, __version__, "ben", screen=True))
            await _play(colleague, clock)
            return await _pictures(engine, clock, folder)
        finally:
            await engine.close()


async def _play(session: Session, clock: ManualClock) -> None:
    """The story, and then on until the moment of the picture."""
    responder = Responder(session, clock, OPENED, lambda text: None, lambda: False)
    story = asyncio.ensure_future(responder.play(STORY))  # noqa: TID251 - awaited below
    while clock.now() < OPENED + _SHOWN_AT:
        await _pass(clock)
    if not story.done():
        raise RuntimeError(f"the story is not told after {_SHOWN_AT:.0f} s of the drill: begin the pictures later")
    await story


async def _pass(clock: ManualClock, seconds: float = _STEP) -> None:
    """Time goes on, and everybody does what there is to do."""
    for _ in range(max(1, round(seconds / _STEP))):
        await clock.advance(_STEP)
        for _ in range(50):
            await asyncio.sleep(0)


async def _pictures(engine: Engine, clock: ManualClock, folder: Path) -> list[Path]:
    async def connect() -> Session:
        return LocalSession(engine, UID)

    settings = Settings("ana", "war-dark", ascii_only=False)
    app = WarRoom(connect, all_actions().specs(), settings, clock)
    files: list[Path] = []
    async with app.run_test(size=SIZES[0]) as pilot:
        artist = Artist(app, pilot, clock, folder, files)
        await artist.settle()
        await artist.press(":", *"arm", "space", *"miner", "space", *"in", "space", *"shop", "enter", "j", "k")
        for cols, rows in SIZES:
            await pilot.resize_terminal(cols, rows)
            await artist.picture(f"room-{cols}x{rows}")
        await pilot.resize_terminal(120, 40)
        await artist.point("resources", "Deployment/shop/metrics-proxy")
        await artist.press("x", "w")
        await artist.picture("plan-120x40")
        await artist.press("escape", "w")
        await artist.picture("walkthrough-120x40")
        await artist.press("escape")
    return files


class Artist:
    """Presses keys, waits until everything stands still, draws."""

    def __init__(self, app: WarRoom, pilot: Pilot[Any], clock: ManualClock, folder: Path, files: list[Path]) -> None:
        self.app, self.pilot, self.clock, self.folder, self.files = app, pilot, clock, folder, files

    async def settle(self) -> None:
        for _ in range(4):
            await _pass(self.clock)
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle() if key in (":", "enter", "x", "w", "escape") else await self.pilot.pause()

    async def point(self, pane: str, key: str) -> None:
        """Put the cursor on a row, as `j` would."""
        self.app.room.focus_pane(pane)
        table = self.app.room.table(pane)
        place = table.rows.index(key)
        if place < 0:
            raise RuntimeError(f"{key} is not in pane {pane}: {sorted(table.rows.by_key)}")
        table.point(place)
        await self.settle()

    async def picture(self, name: str) -> None:
        await self.settle()
        path = self.folder / f"{name}.svg"
        path.write_text(plain(self.app.export_screenshot(title="warroom drill", simplify=True)), encoding="utf-8")
        self.files.append(path)


def plain(svg: str) -> str:
    """The picture without fonts from elsewhere: whoever looks at it asks no third party."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> int:
    """Draw, and say where."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(draw(folder)):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
