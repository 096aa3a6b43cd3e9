"""The errors of the product. Each text is a whole sentence that names the object and the next step.

    WarRoomError
    ├── BadInput            a file, line, option or object the person gave is unusable
    │   ├── ConfigError     settings, key map, kubeconfig
    │   └── DataError       a record of foreign data; carries where
    ├── ClusterError        the API server did not do what was asked
    │   ├── Unreachable     no answer, or not from the server we trust
    │   ├── Untrusted       the kubeconfig wants something that needs approval first
    │   ├── LoginNeeded     credentials are absent, expired or need a person
    │   └── ApiStatus       an answer with a failure status (forbidden, gone, conflict …)
    ├── SourceError         a signal source cannot be read
    ├── Refused             a plan or an intent that must not run; nothing was written
    ├── JournalError        the record cannot be kept, so nothing may be done
    └── WireError           engine and seat do not understand each other, or there is no engine
        └── VersionSkew     they are of versions that never will: trying again is no use

No error text may carry a secret: whoever shows one passes it through `export()` first.
"""

from __future__ import annotations


class WarRoomError(Exception):
    """Base of all. `exit_code` is what the command line ends with."""

    exit_code = 2


class BadInput(WarRoomError):
    """Something given by a person cannot be used."""


class ConfigError(BadInput):
    """Settings, key map or kubeconfig are unusable; the text names file and key."""


class DataError(BadInput):
    """A foreign record cannot be read.

    Attributes:
        where: file and line, or the source's own position.
    """

    def __init__(self, text: str, where: str = "") -> None:
        super().__init__(f"{where}: {text}" if where else text)
        self.where = where


class ClusterError(WarRoomError):
    """The API server did not do what was asked."""


class Unreachable(ClusterError):
    """No usable answer: refused, timed out, wrong certificate, or not a Kubernetes answer."""


class Untrusted(ClusterError):
    """The kubeconfig wants something that runs, reads or trusts more than it should.

    Attributes:
        short_hash: what a person types to approve this exact content.
        wants: one sentence for each thing that needs approval.
    """

    def __init__(self, text: str, short_hash: str, wants: tuple[str, ...]) -> None:
        super().__init__(text)
        self.short_hash = short_hash
        self.wants = wants


class LoginNeeded(ClusterError):
    """Credentials are absent or expired and a person must log in."""


class ApiStatus(ClusterError):
    """The API server answered with a failure.

    Attributes:
        code: HTTP status.
        reason: the Status object's machine-readable reason, "" if it sent none.
        retry_after: seconds the server asked us to wait, or None.
    """

    def __init__(self, text: str, code: int, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


def next_step(code: int) -> str:
    """What to do about a failure status, as a sentence with a space before it; "" where the server's words say it."""
    if code == 429:
        return " It is overloaded: wait a moment, then try again; watches try again by themselves."
    if code >= 500:
        return " Look at its log and at kubectl get --raw /readyz, then try again."
    return ""


class SourceError(WarRoomError):
    """A signal source cannot be read."""


class Refused(WarRoomError):
    """The runner refuses: read-only, rights, changed target, missing evidence. Nothing was written."""

    exit_code = 5


class JournalError(WarRoomError):
    """The journal cannot be read or written; nothing may be done to the cluster."""

    exit_code = 7


class WireError(WarRoomError):
    """Engine and seat do not understand each other."""

    exit_code = 7


class VersionSkew(WireError):
    """The engine speaks another protocol than this seat: trying again is no use.

    Args:
        engine: version and protocol as far as the engine said them.
        seat: the same of this seat.
    """

    def __init__(self, engine: tuple[str, int], seat: tuple[str, int]) -> None:
        newer = engine[1] > seat[1]
        next_ = (
            "This seat is the older one: leave it and start the newer `warroom`."
            if newer
            else "End that engine with `warroom stop`, then start `warroom` again: the record is kept."
        )
        super().__init__(
            f"The engine is {_version(*engine)} and this seat is {_version(*seat)}: they do not understand each other. "
            f"{next_}"
        )


def _version(version: str, protocol: int) -> str:
    said = f"warroom {version[:20]}" if version else "another warroom"
    return f"{said} (protocol {protocol})" if protocol else f"{said} (protocol not known)"
