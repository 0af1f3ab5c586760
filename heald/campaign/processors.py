"""Which processors a slice may use.

Slices side by side must not sit on the same processors: the pinned threads of two races
would take turns and never overlap. So each slice takes places and gives them back. Most
targets race and want all places of a job; some need one only, and several of them run at a
time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable


class Processors:
    """The places of a campaign.

    Parameters
    ----------
    jobs
        How many racing targets run at a time. Up to the number of processors they divide
        these; beyond it nothing can be kept apart, so a place is then no processor.
    available
        The processors, by default those of this process.
    """

    def __init__(self, jobs: int, available: Iterable[int] | None = None) -> None:
        available = sorted(os.sched_getaffinity(0) if available is None else available)
        self._crowded = jobs > len(available)
        self._all = tuple(range(jobs)) if self._crowded else tuple(available)
        self._free = list(self._all)
        self._per_job = len(self._all) // jobs

    def take(self, wanted: int | None) -> tuple[int, ...] | None:
        """Take places for a slice, or return ``None`` while there are not enough.

        Parameters
        ----------
        wanted
            1 or more; ``None``: all of a job.
        """
        count = min(max(1, self._per_job if wanted is None else wanted), len(self._all))
        if count > len(self._free):
            return None
        taken, self._free = tuple(self._free[:count]), self._free[count:]
        return taken

    def give_back(self, places: tuple[int, ...]) -> None:
        """Return what was taken."""
        self._free = sorted([*self._free, *places])

    @property
    def has_free(self) -> bool:
        """Whether anything is left to take."""
        return bool(self._free)

    def pinned(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Return the processors to run on; empty: wherever the kernel likes."""
        return () if self._crowded else places
