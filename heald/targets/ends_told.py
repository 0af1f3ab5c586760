"""A file that ends the process while it is imported is told of, and does not end heald.

Why     ``os._exit(0)`` in a description would be an exit code of heald: 0 says *passed*.
How     It raises SystemExit, as ``sys.exit`` does. A signal does end the process, with an exit code
        that is not ours; that a fault came from Python is told on standard error.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
from collections.abc import Iterator
from typing import NoReturn


@contextlib.contextmanager
def ends_are_told() -> Iterator[None]:
    """Let ``os._exit`` raise in this process, and a fault show its line, while inside."""
    pid, really = os.getpid(), os._exit

    def told(status: int) -> NoReturn:
        if os.getpid() != pid:
            really(status)  # a child that the file has started
        raise SystemExit(status)

    os._exit = told
    is_ours = not faulthandler.is_enabled()
    if is_ours:
        with contextlib.suppress(AttributeError, ValueError, OSError):  # no such output
            faulthandler.enable(sys.stderr)
    try:
        yield
    finally:
        os._exit = really
        if is_ours:
            faulthandler.disable()
