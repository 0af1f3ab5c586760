"""The knobs of a run: how states lie, how threads start, where they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from heald.verdicts import UsageError

LAYOUTS = ("packed", "line", "two lines")
PLACEMENTS = ("spread", "free", "one processor", "serial")

_HIGHEST = {
    "stride": 1 << 20,
    "layout": len(LAYOUTS) - 1,
    "shuffled": 1,
    "skew": 1 << 20,
    "jitter": 1 << 20,
    "placement": len(PLACEMENTS) - 1,
    "load": 8,
    "blocks": 1,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One setting of every knob; mirrors ``struct stress_settings``.

    Attributes
    ----------
    stride
        States between two barriers.
    layout
        Index into ``LAYOUTS``: how far apart the states lie.
    shuffled
        1: states are visited in a random order, the same for all threads.
    skew
        Longest delay of a thread at the start of a stride, in ticks of the processor's
        clock (a third of a nanosecond or so).
    jitter
        Longest delay between two calls, in pauses of the processor (some ten
        nanoseconds each).
    placement
        Index into ``PLACEMENTS``. ``serial`` runs one thread after the other: nothing can
        overlap, which proves that the alarm for such runs rings.
    load
        Threads that disturb caches and scheduler meanwhile.
    blocks
        1: a thread makes a block of the states; 0: every n-th one.

    Raises
    ------
    UsageError
        For a value outside of its range.
    """

    stride: int = 256
    layout: int = 0
    shuffled: int = 0
    skew: int = 0
    jitter: int = 0
    placement: int = 0
    load: int = 0
    blocks: int = 1

    def __post_init__(self) -> None:
        for name, highest in _HIGHEST.items():
            value, lowest = getattr(self, name), 1 if name == "stride" else 0
            if not lowest <= value <= highest:
                raise UsageError(f"{name} is {lowest} to {highest}; got {value}")

    def to_json(self) -> dict[str, int]:
        """Return the knobs by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """Read what ``to_json`` wrote; knobs that are not there keep their defaults."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: int(data[name]) for name in data if name in known})

    def __str__(self) -> str:
        order = ", shuffled" if self.shuffled else ""
        return (
            f"stride {self.stride}, {LAYOUTS[self.layout]}{order}, skew {self.skew}, "
            f"jitter {self.jitter}, {PLACEMENTS[self.placement]}, load {self.load}"
        )
