"""Silences and alerts with their status, as Alertmanager's API v2 lists them (GettableSilence, GettableAlert).

In: one decoded record. Out: a `Silence` or a `Firing`, None when it is none. Fields that are missing or odd stay empty;
older servers leave out `isEqual`, which means equal.
"""

from __future__ import annotations

from typing import Any

from console.model.envelopes.alertmanager import signal_of
from console.model.envelopes.plain import mapping, text
from console.model.instants import seconds
from console.model.silence import Firing, Matcher, Silence

_MOST = 200
"""Matchers, labels and ids that are read of one record."""


def silence_of(value: Any) -> Silence | None:
    """The silence in a record."""
    record = mapping(value)
    id_, state = text(record.get("id")), text(mapping(record.get("status")).get("state"))
    if not id_ or not state:
        return None
    listed = record.get("matchers")
    return Silence(
        id_,
        state,
        tuple(_matcher(one) for one in (listed if isinstance(listed, list) else ())[:_MOST]),
        text(record.get("createdBy")),
        text(record.get("comment")),
        _moment(record.get("startsAt")),
        _moment(record.get("endsAt")),
    )


def firing_of(value: Any) -> Firing | None:
    """The alert in a record."""
    record = mapping(value)
    fingerprint, labels = text(record.get("fingerprint")), mapping(record.get("labels"))
    if not fingerprint or not labels:
        return None
    status = mapping(record.get("status"))
    return Firing(
        fingerprint,
        tuple(sorted((name, text(said)) for name, said in list(labels.items())[:_MOST] if text(said))),
        text(status.get("state")),
        _ids(status.get("silencedBy")),
        _ids(status.get("inhibitedBy")),
        signal_of(dict(record)),
    )


def _matcher(value: Any) -> Matcher:
    one = mapping(value)
    return Matcher(
        text(one.get("name")), text(one.get("value")), one.get("isRegex") is True, one.get("isEqual") is not False
    )


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(text(one) for one in (value if isinstance(value, list) else ())[:_MOST] if text(one))


def _moment(value: Any) -> float:
    try:
        return seconds(text(value)) or 0.0
    except OverflowError:
        return 0.0
