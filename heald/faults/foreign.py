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

from heald.building.engine import engine_path
from heald.verdicts import UsageError

_NOT_SUPERVISED = 125


@dataclass(frozen=True)
class Shortened:
    """How a program ended, and what was done to its calls.

    Attributes
    ----------
    calls, shortened, interrupted
        Trapped calls; of these, cut to the limit; answered with EINTR.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    calls: int
    shortened: int
    interrupted: int


def run_shortened(
    command: Sequence[str], *, most: int, interrupt: int = 0, timeout_s: float = 60.0
) -> Shortened:
    """Run a program whose zero-copy calls move at most `most` bytes each.

    Parameters
    ----------
    interrupt
        Every so many calls, one is answered with EINTR; 0: none.

    Raises
    ------
    UsageError
        If programs cannot be supervised on this machine.
    subprocess.TimeoutExpired
        If the program takes longer.
    """
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            [
                *(str(engine_path("faults")), "--shorten", str(most), str(interrupt)),
                *(str(writer), *command),
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
    if done.returncode == _NOT_SUPERVISED or len(counts) != 3:
        raise UsageError(f"cannot supervise {command[0]}: {done.stderr.decode().strip()}")
    return Shortened(done.returncode, done.stdout, done.stderr, *map(int, counts))
