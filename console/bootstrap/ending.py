"""End an engine that no longer understands us: the kernel says who listens at its socket, a signal ends it in order.

A warroom that was replaced by a newer one cannot ask the engine of the former version to stop. In: the socket's path.
Out: a signal to the process that serves it. Only the socket is believed, never a number in a file: a process id
written by an engine in another container means some other process here.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
from pathlib import Path

from console.errors import WireError

_WITHIN = 2.0


def end_by_signal(path: Path) -> None:
    """Ask the process that listens at `path` to end, as a service manager does. Raises `WireError` when it cannot be.

    The engine closes its record in order; what it is writing to the cluster is finished or resolved by reading.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_WITHIN)
        try:
            probe.connect(str(path))
            pid = _listener(probe)
            if pid <= 0:
                raise WireError(f"Who serves {path} is not known here. End that process where it was started.")
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return  # it has ended by itself meanwhile
        except PermissionError as error:
            raise WireError(f"The engine at {path} is another user's: only that user may end it.") from error
        except OSError as error:
            raise WireError(f"No engine answers at {path}.") from error


def _listener(probe: socket.socket) -> int:
    """Process id of who listens at the other end; 0 when the kernel does not say, or it is not of our pid namespace."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    raw = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", raw)[0])
