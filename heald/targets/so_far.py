"""What a slice has found so far, told before it ends.

A slice may find a crash and hang after that, in a model or an invariant of the target's own, until
its process is killed: what it found must outlive it. Targets tell after each piece of work that
found something new; whoever runs the slice listens, or nobody does.
"""

from __future__ import annotations

from collections.abc import Callable

from heald.stop import Stop
from heald.targets.target import SliceResult

Listener = Callable[[SliceResult], None]
_listeners: list[Listener] = []


def so_far(result: SliceResult) -> None:
    """Tell what a slice would return if it ended now."""
    for listener in _listeners:
        listener(result)


class UntilOneFails:
    """A stop that is set, too, once the slice has told of a failure."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._has_failed = False
        _listeners.append(self._hear)

    def is_set(self) -> bool:
        """Whether the slice should end now."""
        return self._has_failed or self._stop.is_set()

    def _hear(self, result: SliceResult) -> None:
        self._has_failed = self._has_failed or bool(result.findings)


def listen(listener: Listener) -> None:
    """Be told from now on, in this process."""
    _listeners[:] = [listener]
