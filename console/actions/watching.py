"""The watch after: touched objects stay under our eyes until the action is undone or the incident closes.

In: changes of the watch caches. Out: `Drifted`, when an object no longer is as a write of ours left it, with the
field manager that caused it; `OtherHand`, when somebody else wrote to it. Reads only; one read a change of a touched
object, those that come close together taken as one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from console.actions.case import Case
from console.actions.comparing import Path, differences, said
from console.actions.fetching import read
from console.actions.planning import applied
from console.actions.reaching import is_elsewhere
from console.actions.standing import done_steps, is_judged
from console.errors import JournalError, WarRoomError
from console.hygiene.exporting import known_safe
from console.model.entry import Drifted, OtherHand
from console.model.instants import seconds
from console.model.objects import Obj
from console.model.plan import Step
from console.model.ref import BY_KIND, ResourceRef
from console.ports.tasks import Tasks

_log = logging.getLogger("warroom.watching")
CONTROLLERS = frozenset(("kube-controller-manager", "kube-scheduler", "kubelet", "cloud-controller-manager"))
"""Field managers of the cluster's own machinery. It writes to whatever changes; as the cause of a drift it is named,
as a hand it would only be noise. Who borrows such a name is told by the audit record, which has users."""
PAUSE = 0.5
"""Seconds that changes of one object are collected before it is read."""
QUIET = 60.0
"""Seconds for which a manager that was named as another hand on an object is not named again."""
MOST = 5
"""Hands, and drifts, of one object that are recorded within that time: whoever chooses another manager's name with each
request must not fill the record."""
_Key = tuple[str, str, str]
_Mark = tuple[str, str, str]
"""Manager, operation and time of one entry of managedFields."""


class Touch(msgspec.Struct, frozen=True):
    """One write of ours that still counts."""

    digest: str
    step: Step


class Watcher:
    """Watches what was written to."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._touched: dict[_Key, dict[str, Touch]] = {}
        self._changed: set[_Key] = set()
        self._due = asyncio.Event()
        self._told: dict[tuple[str, _Key], str] = {}
        self._marks: dict[_Key, set[_Mark]] = {}
        self._named: dict[_Key, dict[str, float]] = {}
        """When which manager was named as another hand on an object, as long as it is not named again."""
        self._drifted: dict[tuple[str, _Key], list[float]] = {}
        """When the newest drifts were recorded."""
        self._stop = case.cluster.listen(self._heard)

    def start(self, tasks: Tasks) -> None:
        """Go on watching what was written to before, and look at each of it once now."""
        for digest, action in list(self._case.state.actions.items()):
            if is_judged(action) or action.wrote:
                self.add(digest)
        tasks.start("watch:touched", self._run())

    def add(self, digest: str) -> None:
        """Watch what this action wrote to."""
        try:
            known = applied(self._case, digest)
        except WarRoomError:
            return  # verification says that the record cannot be read
        action = self._case.state.actions[digest]
        for number in done_steps(action, known.plan):
            step = known.plan.steps[number - 1]
            if is_elsewhere(step.call.ref):
                continue  # no watch tells of it: verification asks again, and says when it is no longer so
            key = _key(step.call.ref)
            self._touched.setdefault(key, {})[f"{digest}:{number}"] = Touch(digest, step)
            if after := known.afters.get(number):
                self._marks[key] = _marks(after)
            self._mark(key)

    def touched(self) -> Iterator[ResourceRef]:
        """What is watched."""
        return (BY_KIND[kind].ref(namespace, name) for kind, namespace, name in self._touched)

    def close(self) -> None:
        """Hear no more changes."""
        self._stop()

    def _heard(self, verb: str, kind: str, obj: Obj, before: Obj | None) -> None:
        key = (kind, obj.metadata.namespace, obj.metadata.name)
        if key in self._touched:
            self._mark(key)

    def _mark(self, key: _Key) -> None:
        self._changed.add(key)
        self._due.set()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            await self._case.clock.sleep(PAUSE)
            self._due.clear()
            changed, self._changed = self._changed, set()
            for key in sorted(changed):
                try:
                    await self._look(key)
                except JournalError as error:
                    _log.error("a drift could not be recorded: %s", type(error).__name__)
                except Exception:  # an odd object must not close the eye on all others
                    _log.exception("a touched object could not be looked at")

    async def _look(self, key: _Key) -> None:
        kind, namespace, name = key
        ref = BY_KIND[kind].ref(namespace, name)
        # An object that was let go meanwhile may have changed just before.
        touches = [touch for touch in self._touched.get(key, {}).values() if self._counts(touch)]
        if not touches:
            self._touched.pop(key, None)
            return
        try:
            current = await read(self._case.cluster, ref)
        except WarRoomError:
            return  # the next change is looked at; that the watch is stale shows elsewhere
        last = touches[-1]
        if current is not None:
            self._tell_hands(key, current, last)
        for touch in self._newest(touches):
            self._tell_drift(key, touch, current)

    def _counts(self, touch: Touch) -> bool:
        action = self._case.state.actions[touch.digest]
        return not action.undone_by and not action.planned.undoes

    def _newest(self, touches: list[Touch]) -> Iterator[Touch]:
        """Without those whose fields a later write of ours set anew: only the newest word on a field counts."""
        taken: set[Path] = set()
        for touch in reversed(touches):
            paths = {path for path, _ in said(touch.step.call)}
            if not paths & taken:
                yield touch
            taken |= paths

    def _tell_drift(self, key: _Key, touch: Touch, current: Mapping[str, Any] | None) -> None:
        if self._is_written_anew(touch):
            return
        words, manager = drift(touch.step, current)
        place = (touch.digest, key)
        if self._told.get(place, "") == words:
            return
        self._told[place] = words
        if not words:
            return
        export = self._case.export
        known, now = self._case.state.actions[touch.digest].drifts, self._case.clock.now()
        record = Drifted(known_safe(touch.digest), export.ref(touch.step.call.ref), export(manager), export(words))
        recent = [at for at in self._drifted.get(place, ()) if now - at < QUIET]
        if (not known or known[-1] != record) and len(recent) < MOST:
            self._drifted[place] = [*recent, now]
            self._case.chronicle.record(record)

    def _is_written_anew(self, touch: Touch) -> bool:
        """Whether we undo this write, or are about to write to the same place again: when that is done we look again.

        Known by the record, not by the field manager: anybody may borrow its name.
        """
        path = touch.step.call.path
        known = (path, self._case.export.seal(path))
        return any(
            action.planned.undoes == touch.digest
            or (
                digest != touch.digest
                and action.verified is None
                and any((i.exact or i.path) in known for i in action.intents.values())
            )
            for digest, action in self._case.state.actions.items()
            if action.intents
        )

    def _tell_hands(self, key: _Key, current: Mapping[str, Any], touch: Touch) -> None:
        """Whoever else wrote to it since our write or our last look, the status of controllers apart."""
        marks, known = _marks(current), self._marks.get(key)
        self._marks[key] = marks
        if known is None:
            return  # our write left no image to compare with: this look is the first one
        now, ours = self._case.clock.now(), self._case.names.manager
        named = {who: at for who, at in self._named.get(key, {}).items() if now - at < QUIET}
        self._named[key] = named
        for manager, operation, time in sorted(marks - known):
            if manager in CONTROLLERS or manager == ours or manager in named or len(named) > MOST:
                continue
            whom, text = manager, f"{operation} by {manager} at {time}"
            if len(named) == MOST:
                whom, text = "others", f"more than {MOST} field managers within {QUIET:.0f} s: see the audit record"
            named[manager] = now
            export = self._case.export
            self._case.chronicle.record(OtherHand(export.ref(touch.step.call.ref), export(whom), export(text)))


def drift(step: Step, current: Mapping[str, Any] | None) -> tuple[str, str]:
    """How an object differs from what a write of ours left, in words, and who did it; ("", "") when it does not."""
    call = step.call
    what = f"{call.ref.kind} {call.ref}"
    if call.method == "DELETE" or call.path.endswith("/eviction"):
        if current is None or _uid(current) == call.ref.uid:
            return "", ""
        return f"{what} exists again (uid {_uid(current)})", _newest_manager(current)
    if current is None:
        return f"{what} was deleted", ""
    if step.pin and _uid(current) != step.pin.ref.uid:
        return f"{what} was created again (uid {_uid(current)})", _newest_manager(current)
    different = differences(call, current)
    if not different:
        return "", ""
    manager = _owner(current, different[0])
    fields = ", ".join(".".join(path) for path in different)
    whom = "" if manager else "; a field that was removed names nobody, who did it is in the audit record"
    return f"{what}: {fields} is no longer as we left it{whom}", manager


def _newest_manager(obj: Mapping[str, Any]) -> str:
    """The manager that wrote last."""
    return max((writer[:2] for writer in _writers(obj)), default=(0.0, ""))[1]


def _owner(obj: Mapping[str, Any], path: Path) -> str:
    """The manager that owns a field, the newest of several; "" when nobody does: it was removed or emptied."""
    return max((writer[:2] for writer in _writers(obj) if _owns(writer[2], path)), default=(0.0, ""))[1]


def _writers(obj: Mapping[str, Any]) -> list[tuple[float, str, Any]]:
    entries = (obj.get("metadata") or {}).get("managedFields") or ()
    return [
        (seconds(entry.get("time")) or 0.0, str(entry.get("manager", "")), entry.get("fieldsV1"))
        for entry in entries
        if not entry.get("subresource")
    ]


def _marks(obj: Mapping[str, Any]) -> set[_Mark]:
    entries = (obj.get("metadata") or {}).get("managedFields") or ()
    return {
        (str(entry.get("manager", "")), str(entry.get("operation", "")), str(entry.get("time", "")))
        for entry in entries
        if entry.get("subresource") != "status"
    }


def _owns(fields: Any, path: Path) -> bool:
    for name in path:
        fields = fields.get(f"f:{name}") if isinstance(fields, Mapping) else None
    return fields is not None


def _uid(obj: Mapping[str, Any]) -> str:
    return str((obj.get("metadata") or {}).get("uid") or "")


def _key(ref: ResourceRef) -> _Key:
    return (ref.kind, ref.namespace, ref.name)
