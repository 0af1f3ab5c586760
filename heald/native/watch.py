"""Waiting for the end of a run, and seeing to it that there is one.

Whatever the subject does, ``until_ended`` returns: a run that is stuck is killed once its
threads have said where they are, one that outlives its budget is asked to stop and then
killed, and a host that does not even do that is killed itself.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from heald.native.findings import phase_of
from heald.native.host import Ended, Host
from heald.native.watchdog import (
    Activity,
    Hang,
    Watchdog,
    activity_of,
    data_bytes_of,
    everyone_in,
    has_stopping_timer,
    stopped_by,
)

_DUMP_S = 0.2
_KILL_S = 5.0
_GRACE_S = 2.0
_LAST_GRACE_S = 30.0
_STOPPED_S = 1.0
_MOST_STOPPED_S = 60.0
"""Who stops a run by hand looks at it so long; it cannot stand still for ever."""


class Watch:
    """Watches one run.

    Parameters
    ----------
    threads
        Of the scenario.
    budget_s
        Seconds that the run may take altogether, its power check included.
    hang_s
        As of ``Watchdog``.
    should_stop
        Asked every ``poll_s`` seconds: is there enough?
    """

    def __init__(
        self,
        host: Host,
        threads: int,
        *,
        budget_s: float,
        hang_s: float,
        poll_s: float,
        should_stop: Callable[[], bool],
    ) -> None:
        self._host = host
        self._threads = threads
        self._poll_s = poll_s
        self._should_stop = should_stop
        self._dog = Watchdog(hang_s)
        self._looked_s = time.monotonic()
        self._late_s = self._looked_s + budget_s + _GRACE_S
        self._killed_s: float | None = None
        self._stood_s = 0.0
        self._stopped: Hang | None = None
        self.hang: Hang | None = None

    def until_ended(self) -> Ended:
        """Wait, and look, until the run has ended in one way or another."""
        try:
            while True:
                ended = self._host.wait(self._poll_s)
                if ended is not None:
                    return ended
                if self._should_stop():
                    self._host.ask_to_stop()
                self._look(time.monotonic())
        except BaseException:
            # Ctrl-C, for one: the host must be free of its run, or be gone.
            with contextlib.suppress(Exception):
                self._host.kill()
            raise

    def _look(self, now_s: float) -> None:
        if self._killed_s is not None:
            if now_s > self._killed_s + _KILL_S:
                self._host.kill()
            return
        recorder = self._host.recorder
        if self._stands_still(now_s - self._looked_s):
            # We were stopped, or the run is: neither is time that it had.
            self._dog.leave_out(now_s - self._looked_s)
            self._late_s += now_s - self._looked_s
        self._looked_s = now_s
        if self._stopped is not None:
            self._end(self._stopped)
            return
        positions = [record.position for record in recorder.threads[: self._threads]]
        phases = [phase_of(position) for position in positions]
        hang = self._dog.observe(
            now_s,
            positions,
            phases,
            self._activity,
            lambda: data_bytes_of(recorder.pid),
            lambda: everyone_in(recorder.pid),
        )
        if hang is None and now_s > self._late_s + _LAST_GRACE_S:
            hang = Hang(tuple(range(1, self._threads + 1)), now_s - self._late_s)
        if hang is not None:
            self._end(hang)
        elif now_s > self._late_s:
            self._host.ask_to_stop()

    def _stands_still(self, since_s: float) -> bool:
        """Whether nobody ran since the last look; a run that stopped itself is to be ended."""
        pid = self._host.recorder.pid
        by = stopped_by(pid)
        if by != "signal":
            return by == "debugger" or since_s > _STOPPED_S
        self._stood_s += min(since_s, _STOPPED_S)
        everybody = tuple(range(1, self._threads + 1))
        if has_stopping_timer(pid):
            self._stopped = Hang(everybody, self._stood_s, "timer")
        elif self._stood_s > _MOST_STOPPED_S:
            self._stopped = Hang(everybody, self._stood_s, "nobody known")
        return True

    def _activity(self) -> dict[int, Activity]:
        recorder = self._host.recorder
        records = recorder.threads[: self._threads]
        return activity_of(recorder.pid, [record.tid for record in records])

    def _end(self, hang: Hang) -> None:
        """Have the process say where it is, then end it."""
        self.hang = hang
        recorder = self._host.recorder
        self._host.ask_for_backtraces()
        until = time.monotonic() + _DUMP_S
        dumps = [recorder.threads[number - 1].dump for number in hang.threads]
        while time.monotonic() < until and not all(dump.count for dump in dumps):
            time.sleep(0.002)
        if not recorder.crash.death:
            recorder.crash.data_bytes = data_bytes_of(recorder.pid)
        self._host.kill_run()
        self._killed_s = time.monotonic()
