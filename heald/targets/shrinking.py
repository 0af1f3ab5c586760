"""How long a failure is made smaller: what nobody expects has time, an expected one has not."""

from __future__ import annotations

from heald.targets.target import Expected

#: A failure is worth so much, also where the slice is over.
LEAST_S = 0.5
#: One that everybody expects is told as it was found in shorter slices than this: a smaller case
#: may hang, and a short campaign has its time for the variants that are not caught yet.
EXPECTED_FROM_S = 3.0


def shrinking_s(expected: Expected, *, slice_s: float, left_s: float) -> float:
    """Return for how many seconds a failure is made smaller; 0: it is told as it was found."""
    if expected == "flawed" and slice_s < EXPECTED_FROM_S:
        return 0.0
    return max(left_s, LEAST_S)
