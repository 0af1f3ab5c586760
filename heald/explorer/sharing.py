"""The processes of one search: one, or as many as are always busy.

One begins with the whole tree. Whenever fewer are at work than may be, the one with the most left
gives a part away, and a process begins with that. So nobody has to know beforehand where the
tree is large, and what the processes visit adds up to the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heald.explorer.part import Line, Part
from heald.explorer.shares import Share
from heald.verdicts import EngineError

Begin = Callable[[Sequence[str]], Part]
OnShared = Callable[[Mapping[str, Any]], None]


class Sharing:
    """The processes of a search.

    Parameters
    ----------
    begin
        Starts one, with these words beside the others.
    jobs
        How many may be at work.
    on_shared
        Hears when the only process, a part of a search, listens, and what it gives away.

    Attributes
    ----------
    parts
        All that were started.
    waiting
        Shares that nobody has begun.
    """

    def __init__(self, begin: Begin, jobs: int, on_shared: OnShared | None) -> None:
        self._begin_part = begin
        self._jobs = jobs
        self._on_shared = on_shared
        self._shares: dict[Part, Share] = {}
        self._given: Counter[Part] = Counter()
        self._is_over = False
        self.parts: list[Part] = []
        self.waiting: list[Share] = []
        if jobs == 1:
            self.parts.append(begin([]))
        else:
            self._begin(Share(), jobs - 1)

    def begin_and_ask(self) -> list[Part]:
        """Begin what waits, ask for more where somebody is idle; return who was started."""
        before = len(self.parts)
        at_work = [part for part in self._shares if not part.result]
        idle = self._jobs - len(at_work)
        self.waiting.sort(key=lambda share: share.size)
        while idle > 0 and self.waiting and not self._is_over:
            self._begin(self.waiting.pop())
            idle -= 1
        if self._shares and not self._is_over:
            coming = sum(part.asked - self._given[part] for part in at_work)
            self._ask(at_work, idle - coming)
        return self.parts[before:]

    def _begin(self, share: Share, give: int = 0) -> None:
        part = self._begin_part(share.words(give))
        part.asked = give
        self._shares[part] = share
        self.parts.append(part)

    def _ask(self, at_work: Sequence[Part], wanted: int) -> None:
        able = [
            part for part in at_work if part.has_begun and part.asked == self._given[part]
        ]
        able.sort(key=lambda part: self._shares[part].left(part.progress), reverse=True)
        for part in able[: max(0, wanted)]:
            part.give()

    def heard(self, part: Part, line: Line) -> None:
        """Take note of a part that listens to who asks for some of it, or gives it away."""
        if self._on_shared is not None:
            self._on_shared(line)
        elif line["type"] == "begun":
            part.has_begun = True
        else:
            self._divide(part, line)

    def _divide(self, part: Part, line: Line) -> None:
        kept, given = self._shares[part].divided(line)
        self._given[part] += 1
        self._shares[part] = kept
        self.waiting.append(given)

    def ended(self, part: Part) -> None:
        """Take note of a part's result: one that did not come to its end ends the search."""
        if not part.result.get("exhausted"):
            self._is_over = True

    def stop(self) -> None:
        """Let everyone come to an end."""
        self._is_over = True
        for part in self.parts:
            if not part.result:
                part.stop()

    def summed(self, total: Line) -> Line:
        """Return the counts of all, which are not the whole if shares are left."""
        if self.waiting:
            total |= {"exhausted": False, "reason": total.get("reason") or "budget"}
        return total

    def must_be_whole(self) -> None:
        """Raise ``EngineError`` if something was given away that never came here."""
        given = sum(part.result.get("given", 0) for part in self._shares)
        came = len(self._shares) - 1 + len(self.waiting)
        if self._shares and not self._is_over and given != came:
            raise EngineError(f"{given} parts were given away, and {came} have come")
