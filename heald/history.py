"""A history: calls and returns in time, as the threads of one run saw them.

An outcome says what was returned, a history also says when. The native runner records
it with a monotonic clock, the explorer with positions in the schedule; the reader of a
history needs only the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heald.scenario import Call, Result, show_result
from heald.verdicts import UsageError


@dataclass(frozen=True, slots=True)
class Event:
    """One call of one thread.

    Attributes
    ----------
    thread
        1 for the first thread; 0 for calls before and after the threads.
    called, returned
        Stamps from one clock, any unit. ``returned`` is ``None`` for a call that is
        still pending: its thread never came back. Intervals are closed: a call that
        returns at t overlaps one that begins at t.
    result
        Meaningless while the call is pending.
    """

    thread: int
    call: Call
    called: int
    returned: int | None
    result: Result = None

    @property
    def pending(self) -> bool:
        """Whether the call has not returned."""
        return self.returned is None

    def __str__(self) -> str:
        shown = "pending" if self.pending else show_result(self.result)
        return f"thread {self.thread}  {self.call} -> {shown}"


@dataclass(frozen=True, slots=True)
class History:
    """Events of one run, sorted by the time of the call.

    Raises
    ------
    UsageError
        If a call returns before it begins.
    """

    events: tuple[Event, ...]

    def __post_init__(self) -> None:
        for event in self.events:
            if event.returned is not None and event.returned < event.called:
                raise UsageError(
                    f"{event} returns at {event.returned}, before it begins at "
                    f"{event.called}: the stamps are not from one monotonic clock"
                )
        ordered = tuple(sorted(self.events, key=lambda event: event.called))
        object.__setattr__(self, "events", ordered)

    def to_json(self) -> dict[str, Any]:
        """Return plain lists: thread, called, returned, result, operation, arguments."""
        return {
            "events": [
                [e.thread, e.called, e.returned, e.result, e.call.op, *e.call.args]
                for e in self.events
            ]
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> History:
        """Read what ``to_json`` wrote."""
        return cls(tuple(_event(*row) for row in data["events"]))


def _event(
    thread: int, called: int, returned: int | None, result: Any, op: str, *args: int
) -> Event:
    frozen = tuple(result) if isinstance(result, list) else result
    return Event(thread, Call(op, tuple(args)), called, returned, frozen)
