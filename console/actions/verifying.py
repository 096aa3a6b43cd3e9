"""Verification: every applied action judged again whenever a fact may have changed, until it is undone.

In: facts. Out: `Verified` records, written when stage or lists change, and as it stands when it becomes final. A mere
change of the observed words or of a count in them ("3 of 48 have no answer yet") is shown but not recorded: while
answers come in, and under churn, it would fill the journal. Accepted is what the API said, converged what controllers
did, effective what was measured. A check that fails is `unverifiable`, never green.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from console.actions.base import Applied
from console.actions.case import Case
from console.actions.failpoints import reach
from console.actions.planning import applied
from console.actions.standing import SETTLE, is_final, is_judged, outcome_of
from console.errors import JournalError, WarRoomError
from console.hygiene.exporting import known_safe
from console.model.entry import Verified
from console.model.verdict import Outcome, Stage, Verdict
from console.ports.facts import Facts
from console.ports.tasks import Tasks

HEARTBEAT = 2.0
"""Seconds after which young actions are judged again although no fact changed: windows pass by themselves."""
RARE = 10.0
"""The same for actions that have settled, which also sit out changes nearer than `HEARTBEAT`."""
LOADING = 10.0
"""Seconds after a start for which a verdict is not made worse by what cannot be told yet."""
_COUNT = re.compile(r"(?<![\w.-])\d+(?![\w.-]*\w)")
"""A number that stands alone: how many, how long. Numbers within a name are part of what it is about."""
_log = logging.getLogger("warroom.verifying")


class Verifier:
    """Judges all applied actions of an incident.

    Args:
        changed: called with a digest whenever its outcome is another, or final.
    """

    def __init__(self, case: Case, changed: Callable[[str], None]) -> None:
        self._case = case
        self._changed = changed
        self._open: dict[str, Applied] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._judged: dict[str, float] = {}
        self._resumed: set[str] = set()
        """Digests an earlier engine applied."""
        self._final: set[str] = set()
        """Digests whose final judgement is on record, for as long as it is final."""
        self._unrecorded: set[str] = set()
        self._due = asyncio.Event()
        self._started = case.clock.monotonic()

    def start(self, tasks: Tasks) -> None:
        """Go on with everything that was applied, and judge from now on."""
        self._started = self._case.clock.monotonic()
        for digest, action in list(self._case.state.actions.items()):
            if is_judged(action):
                self._resumed.add(digest)
                if is_final(outcome_of(action), action.carried_out, self._case.clock.now()):
                    self._final.add(digest)
                self.add(digest)
        tasks.start("verify:facts", self._on_facts())
        tasks.start("verify:time", self._on_time())
        tasks.start("verify", self._run())

    def add(self, digest: str) -> None:
        """An action was applied: judge it now, and again as facts change."""
        try:
            self._open[digest] = applied(self._case, digest)
        except WarRoomError as error:
            words = f"its record cannot be read: {error}"
            self._take(digest, Outcome(Stage.ACCEPTED, unverifiable=(words,)))
            return
        self._judge(digest, self._case.book.reading(urgent=True))

    def outcome(self, digest: str) -> Outcome | None:
        """The newest judgement, None for an action that is not judged."""
        return self._outcomes.get(digest)

    async def _on_facts(self) -> None:
        seen = self._case.book.revision
        while True:
            seen = await self._case.book.wait_change(seen)
            self._due.set()

    async def _on_time(self) -> None:
        while True:
            await self._case.clock.sleep(HEARTBEAT)
            self._due.set()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            for digest in list(self._open):
                if self._is_due(digest):
                    self._judge(digest, self._case.book.reading(urgent=True))
                    await asyncio.sleep(0)  # a long register must not hold up the loop

    def _is_due(self, digest: str) -> bool:
        action = self._case.state.actions[digest]
        if action.undone_by or self._is_finished_undo(digest):
            del self._open[digest]
            self._changed(digest)
            return False
        passed = self._case.clock.monotonic() - self._judged.get(digest, -RARE)
        young = self._case.clock.now() - action.carried_out < SETTLE + HEARTBEAT
        return young or passed >= (HEARTBEAT if self._case.clock.now() - action.carried_out < 300 else RARE)

    def _is_finished_undo(self, digest: str) -> bool:
        """An undo that had its effect has nothing left to hold: its own reversal would be a new action."""
        action = self._case.state.actions[digest]
        return bool(action.planned.undoes) and is_final(outcome_of(action), action.carried_out, self._case.clock.now())

    def _judge(self, digest: str, facts: Facts) -> None:
        known = self._open[digest]
        action = self._case.registry.get(known.plan.action)
        try:
            converged, effective = action.converged(facts, known), action.effective(facts, known)
        except Exception as error:  # an action's defect must show as unverifiable, not end all verification
            _log.exception("verification of %s failed", known.plan.action)
            converged = effective = Verdict(None, "", unverifiable=(f"the check failed: {type(error).__name__}",))
        self._judged[digest] = self._case.clock.monotonic()
        self._take(digest, outcome_from(known, converged, effective))

    def _take(self, digest: str, outcome: Outcome) -> None:
        if self._is_too_early(digest, outcome):
            return
        before, state = self._outcomes.get(digest), self._case.state.actions[digest]
        whole = self._has_ended(digest, outcome, state.carried_out) or digest in self._unrecorded
        if outcome == before and not whole:
            if self._case.clock.now() - state.carried_out < SETTLE + 2 * HEARTBEAT:
                self._changed(digest)  # it may have become final by time alone
            return
        self._outcomes[digest] = outcome
        recorded, new = state.verified, _record(self._case, digest, outcome)
        if recorded is None or _differs(recorded, new) or (whole and recorded != new):
            self._record(digest, new)
        self._changed(digest)

    def _has_ended(self, digest: str, outcome: Outcome, wrote_at: float) -> bool:
        """Whether it becomes final with this judgement: then even its words go on record."""
        if not is_final(outcome, wrote_at, self._case.clock.now()):
            self._final.discard(digest)
            return False
        ended = digest not in self._final
        self._final.add(digest)
        return ended

    def _is_too_early(self, digest: str, outcome: Outcome) -> bool:
        """Just after a restart watches are still loading: that they cannot tell yet is no change of the verdict."""
        recorded = self._case.state.actions[digest].verified
        if digest not in self._resumed or recorded is None or self._case.clock.monotonic() - self._started >= LOADING:
            return False
        return bool(set(self._case.export.many(outcome.unverifiable)) - set(recorded.unverifiable))

    def _record(self, digest: str, new: Verified) -> None:
        reach("before_verified")
        try:
            self._case.chronicle.record(new)
            self._unrecorded.discard(digest)
        except JournalError as error:
            # What is seen is shown all the same, and recorded by the next judgement that finds the disk usable.
            _log.error("a verdict could not be recorded: %s", type(error).__name__)
            self._unrecorded.add(digest)


def outcome_from(known: Applied, converged: Verdict, effective: Verdict) -> Outcome:
    """What two verdicts say together."""
    # A probed answer may be older than the write: it shows how things were, and proves nothing of what was done since.
    early = effective.truth is True and 0 < effective.at < known.at
    if effective.truth is True and converged.truth is not False and not early:
        stage = Stage.EFFECTIVE
    else:
        stage = Stage.CONVERGED if converged.truth is True else Stage.ACCEPTED
    residual = [*converged.residual, *effective.residual]
    unverifiable = [*converged.unverifiable, *effective.unverifiable]
    if early:
        unverifiable.append("part of what it rests on was seen before the write; it is being looked at again")
    for verdict in (converged, effective):
        if verdict.truth is None and not unverifiable and verdict.observed:
            unverifiable.append(verdict.observed)
        if verdict.truth is False and not residual and verdict.observed:
            residual.append(verdict.observed)
    limits = (*known.plan.limits, *converged.limits, *effective.limits)
    return Outcome(
        stage,
        effective.observed or converged.observed,
        tuple(dict.fromkeys(residual)),
        tuple(dict.fromkeys(unverifiable)),
        tuple(dict.fromkeys(limits)),
    )


def _record(case: Case, digest: str, outcome: Outcome) -> Verified:
    export = case.export
    return Verified(
        known_safe(digest),
        known_safe(outcome.stage),
        export(outcome.text),
        export.many(outcome.residual),
        export.many(outcome.unverifiable),
        export.many(outcome.limits),
    )


def _differs(recorded: Verified, new: Verified) -> bool:
    """Whether more than the observed words, or how many are not answered yet, changed."""
    fields = ("stage", "residual", "limits")
    unclear = [[_COUNT.sub("#", text) for text in one.unverifiable] for one in (recorded, new)]
    return unclear[0] != unclear[1] or any(getattr(recorded, field) != getattr(new, field) for field in fields)
