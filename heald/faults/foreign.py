"""Short calls for a whole program that nobody has compiled for this: ``csrc/faults/foreign.h``.

.. code-block:: python

    ran = run_shortened(["cp", "a", "b"], most=1000)
    assert ran.returncode == 0 and ran.shortened > 0
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from heald.building.engine import engine_path
from heald.verdicts import UsageError

_NOT_SUPERVISED = 125


@dataclass(frozen=True)
class Shortened:
    """How a program ended, and what was done to its calls.

    Attributes
    ----------
    calls, shortened, interrupted, failed
        Trapped calls; of these, cut to the limit; answered with EINTR; with EIO or ENOSPC.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    calls: int
    shortened: int
    interrupted: int
    failed: int = 0


def run_shortened(
    command: Sequence[str],
    *,
    most: int,
    interrupt: int = 0,
    copies: bool = False,
    fail: tuple[Literal["read", "write"], int] | None = None,
    timeout_s: float = 60.0,
) -> Shortened:
    """Run a program whose zero-copy calls move at most `most` bytes each.

    Parameters
    ----------
    interrupt
        Every so many zero-copy calls, one is answered with EINTR; 0: none.
    copies
        Also what it reads and writes, in whichever way, of pipes, sockets and the files that
        the command names.
    fail
        Which of its reads fails with EIO, or of its writes with ENOSPC; 1 for the first.

    Raises
    ------
    UsageError
        If programs cannot be supervised on this machine.
    subprocess.TimeoutExpired
        If the program takes longer.
    """
    kind, at = (("read", "write").index(fail[0]) + 1, fail[1]) if fail else (0, 0)
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            [
                *(str(engine_path("faults")), "--shorten", str(most), str(interrupt)),
                *(str(int(copies)), str(kind), str(at), str(writer), *command),
            ],
            capture_output=True,
            check=False,
            pass_fds=(writer,),
            timeout=timeout_s,
        )
        os.close(writer)
        writer = -1
        counts = os.read(reader, 100).split()
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    if done.returncode == _NOT_SUPERVISED or len(counts) != 4:
        raise UsageError(f"cannot supervise {command[0]}: {done.stderr.decode().strip()}")
    return Shortened(done.returncode, done.stdout, done.stderr, *map(int, counts))
