"""What a failure under rc11 comes to under sc and tso: where it can be seen, and what mends it."""

from __future__ import annotations

from collections.abc import Callable

MODELS = "sc and tso"
"""The name of the step."""


def explained(fails: Callable[[str], bool | None]) -> str:
    """Say it in a sentence.

    Parameters
    ----------
    fails
        Whether it fails under a model; None: that was not decided.
    """
    under_sc = fails("sc")
    if under_sc:
        return "fails under sc, too: an interleaving is enough"
    under_tso = fails("tso")
    if under_sc is None or under_tso is None:
        return "sc and tso were not decided in time"
    if under_tso:
        return "right under sc, fails under tso: orders mend it, and x86 can show it"
    return "right under sc and tso: orders mend it, x86 cannot show it, ARM and POWER can"
