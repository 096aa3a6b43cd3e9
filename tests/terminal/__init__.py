"""A terminal for tests and benchmarks: a program at a real pty, with what it drew and when.

In: an argument list, keys, sizes, a reader that can stop reading. Out: every byte with its time, and the screen as
text. It answers the queries a modern terminal answers. It must not know what the program is.
"""

from tests.terminal.session import Terminal

__all__ = ["Terminal"]
