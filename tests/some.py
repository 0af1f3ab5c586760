"""Some cases of a table by default, all of them with ``--heald-profile thorough`` or nightly.

For tables whose rows differ by little, where one row costs seconds: what a change breaks in one
row it most often breaks in others. Which are taken is always the same, so that a gate asks every
commit the same question. docs/releasing.md says which tests do this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

Case = TypeVar("Case")

#: Whether everything is asked.
EVERYTHING = settings.get_current_profile_name() in ("thorough", "nightly")


def some(cases: Sequence[Case], one_of: int, first: int = 0) -> list[Case]:
    """Return every `one_of`-th case, from number `first` on, or all of them."""
    return list(cases) if EVERYTHING else list(cases[first::one_of])
