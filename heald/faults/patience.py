"""How long a worker may take: a case that hangs, told from a batch that is long."""

from __future__ import annotations


class Patience:
    """Tells a hang from a batch that is long: one case has had its time, and no more.

    Parameters
    ----------
    deadline_s
        Seconds that one case may take.
    started
        Cases started so far; 0 for a worker that is only coming up, which gets more time.
    now
        The clock, in seconds.
    """

    #: Looks per deadline: a hang is seen late by no more than one of them.
    LOOKS = 16
    #: What a new worker may take until its first case.
    START_S = 60.0
    #: Deadlines for a case that still moves bytes: small windows are 200 ms each.
    WHILE_MOVING = 3

    def __init__(self, deadline_s: float, started: int, now: float) -> None:
        self.look_after_s = deadline_s / self.LOOKS
        self._deadline_s = deadline_s
        self._started = started
        self._since = now

    def ended(self, started: int, now: float, *, moving: bool = False) -> bool:
        """Whether the same case has been under way for the whole deadline."""
        if started != self._started:
            self._started, self._since = started, now
        limit_s = self._deadline_s if started else max(self._deadline_s, self.START_S)
        return now - self._since >= limit_s * (self.WHILE_MOVING if moving else 1)
