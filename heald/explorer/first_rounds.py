"""What the first rounds of all loops show, where a loop is longer than is followed.

Why       `for (n = 0; busy(); n++) if (n > 100) yield();` never stands where it stood, so no search
          comes to its end; what is wrong in such a program mostly shows in the first rounds. The
          result stays undecided unless they fail: what they leave out is more than what they show.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heald.explorer.options import Options
    from heald.explorer.process import Explored

FIRST_ROUNDS = 4
_LEAST_S = 0.2


def explore_with_first_rounds(
    options: Options,
    run: Callable[[list[str], float | None], Explored],
    words: list[str],
    more: list[str],
) -> Explored:
    """Explore; if that ends at a long loop, its first rounds in the time that is left.

    Parameters
    ----------
    run
        Explores with these words, for so many seconds (None: no limit).
    words, more
        What it is to be run with.
    """
    began = time.monotonic()
    explored = run([*words, *more], options.budget_s)
    if (
        explored.failures
        or explored.interrupted
        or not explored.result.get("long_loop")
        or options.search != "exhaustive"
        or options.bound is not None
    ):
        return explored
    left = None
    if options.budget_s is not None:
        left = options.budget_s - (time.monotonic() - began)
        if left < _LEAST_S:
            return explored
    first = run([*words, *more, "--bound", str(FIRST_ROUNDS)], left)
    if first.failures:
        return first
    explored.interrupted = first.interrupted
    explored.result["first_rounds"] = {
        "rounds": FIRST_ROUNDS,
        "executions": first.result["executions"],
    }
    return explored
