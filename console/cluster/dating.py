"""What time the API server thinks it is, and what that means for a client certificate.

In: an answer, and how long a certificate is valid. Out: seconds, and words for the person whose login is refused. The
server judges certificates by its own clock, so that is the one that counts here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from console.ports.cluster import Reply

NOTABLE = 60.0
"""Seconds between two clocks from which on they may be why."""


def server_time(reply: Reply) -> float | None:
    """Epoch seconds of the answer's Date header, None when it has none that can be read."""
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def certificate_note(valid: tuple[float, float] | None, ours: float, theirs: float | None) -> str:
    """Why a refused client certificate is none at this time, "" when it is one.

    Args:
        valid: from and until when it is, None if that is not known.
        ours: this machine's time.
        theirs: the server's, None if it did not say.
    """
    if valid is None:
        return ""
    start, end = valid
    judged = ours if theirs is None else theirs
    if start <= judged < end:
        return ""
    what = f"is valid only from {_stamp(start)}" if judged < start else f"expired on {_stamp(end)}"
    apart = abs(judged - ours) >= NOTABLE
    clocks = f", and the clocks differ: it is {_stamp(judged)} there and {_stamp(ours)} here" if apart else ""
    return f"its client certificate {what}{clocks}"


def _stamp(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%MZ}"
