"""What is left on the terminal after a defect of ours: one sentence. The traceback goes to a file, without variables.

Values of variables are cluster data: they would put secrets and control characters on a shared screen.
"""

from __future__ import annotations

import os
import traceback

from rich.text import Text


def crash_report(error: BaseException | None, path: str) -> Text:
    """Write the traceback (0600) and say where it is."""
    name = type(error).__name__ if error is not None else "an unknown error"
    where = f"{error.__traceback__.tb_lineno}" if error is not None and error.__traceback__ else ""
    written = _written(error, path) if path and error is not None else ""
    said = (
        f"The traceback, without values, is in {written}." if written else f"No traceback was written (line {where})."
    )
    return Text(
        f"warroom: the seat failed on {name}, a defect of the program. The engine is not affected and goes on; "
        f"start warroom again to take your seat. {said}"
    )


def _written(error: BaseException, path: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    # The exception's own text may quote cluster data, so only its type is kept.
    text = "".join(traceback.format_list(frames)) + f"{type(error).__name__}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError:
        return ""
    return path
