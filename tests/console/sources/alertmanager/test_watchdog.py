"""An alert that always fires is missed only when it was seen, for long enough, and told once for each time."""

from __future__ import annotations

from console.ports.clock import ManualClock
from console.sources.alertmanager.watchdog import GONE, GRACE, Watchdog


def made(clock: ManualClock, **known: bool) -> Watchdog:
    return Watchdog("Watchdog", clock, "Alertmanager am:9093", **known)


async def test_one_that_stops_is_told_once_after_the_grace_and_again_the_next_time() -> None:
    clock = ManualClock()
    dog = made(clock)
    for _ in range(2):
        assert dog.look(True) is None
        await clock.advance(60)
        assert dog.look(False) is None
        assert (dog.wrong(), dog.note()) == ("", "the alert Watchdog is missing just now")
        await clock.advance(GRACE - 1)
        assert dog.look(False) is None
        await clock.advance(1)
        gone = dog.look(False)
        assert gone is not None
        assert (gone.rule, gone.at) == (GONE, clock.now())
        assert gone.text.startswith(
            "monitoring is blind: the alert Watchdog, which always fires, does not. It fired last"
        )
        assert gone.target is not None
        assert gone.target.path == "Alertmanager am:9093"
        assert dog.look(False) is None
        assert (dog.wrong(), dog.note()) == ("monitoring is blind: the alert Watchdog does not fire", "")
    dog.look(True)
    assert (dog.wrong(), dog.note()) == ("", "")


async def test_one_that_was_never_seen_is_a_note_for_ever() -> None:
    clock = ManualClock()
    dog = made(clock)
    await clock.advance(10 * GRACE)
    assert dog.look(False) is None
    await clock.advance(10 * GRACE)
    assert dog.look(False) is None
    assert (dog.wrong(), dog.note()) == ("", "no Watchdog alert is defined or it never fired")


async def test_while_the_server_does_not_answer_nobody_knows() -> None:
    clock = ManualClock()
    dog = made(clock)
    dog.look(True)
    dog.look(False)
    await clock.advance(GRACE)
    dog.lost_sight()
    assert dog.look(False) is None
    await clock.advance(GRACE)
    assert dog.look(False) is not None


async def test_an_engine_that_starts_anew_misses_what_the_one_before_saw_and_does_not_tell_again() -> None:
    clock = ManualClock()
    seen, told = made(clock, seen=True), made(clock, seen=True, told=True)
    for dog in (seen, told):
        dog.look(False)
    await clock.advance(GRACE)
    assert seen.look(False) is not None
    assert told.look(False) is None
    assert told.wrong()


def test_a_silenced_one_fires_and_that_is_worth_knowing() -> None:
    dog = made(ManualClock())
    dog.look(True, silenced=True)
    assert (dog.wrong(), dog.note()) == ("", "the alert Watchdog fires, and is silenced")


def test_without_a_name_nothing_is_said() -> None:
    dog = Watchdog("", ManualClock(), "Alertmanager am:9093")
    assert (dog.wrong(), dog.note()) == ("", "")
