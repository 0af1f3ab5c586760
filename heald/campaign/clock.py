"""The clock of a campaign: what is used of its budget, without time in which nobody ran."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_STOPPED_S = 1.0  # between two looks: nothing that the loop does takes so long


@dataclass
class Clock:
    """What is used of `budget_s`, and what earlier runs of a resumed campaign used of it."""

    budget_s: float
    used_before_s: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _looked: float = field(default_factory=time.monotonic)
    _busy: float = field(default_factory=time.process_time)

    @property
    def used_s(self) -> float:
        """Seconds of the budget that are used up, those of earlier runs included."""
        return self.used_before_s + time.monotonic() - self._began

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return self.budget_s - self.used_s

    def begin(self) -> float:
        """Let the budget begin now; return how many seconds are not counted therefore."""
        before, self._began = self._began, time.monotonic()
        self._looked = self._began
        return self._began - before

    def leave_out_stops(self) -> float:
        """Do not count time in which nobody ran: SIGSTOP, a suspended machine.

        Returns
        -------
        Seconds in which nobody ran, since this was last called.
        """
        now, busy = time.monotonic(), time.process_time()
        stopped_s = now - self._looked - (busy - self._busy)
        self._looked, self._busy = now, busy
        if stopped_s <= _STOPPED_S:
            return 0.0
        self._began += stopped_s
        return stopped_s
