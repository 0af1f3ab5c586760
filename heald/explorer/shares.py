"""Shares of a search: from which point of its tree up to which one somebody visits.

A point is a text of the engine's (csrc/explore/search/parts.h); an empty one is where the tree
begins or ends. Who is at work gives away what it would come to last, so the shares of a
search cover its tree once, however often they were divided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from heald.verdicts import EngineError

_POINT = re.compile(r"(?:[0-9a-f]{1,16}(?:\.[0-9a-f]{1,16})*)?")


@dataclass(frozen=True)
class Share:
    """What comes after one point, up to the end of the subtree at another one.

    Attributes
    ----------
    size
        Its part of the tree, as the engine guesses it.
    losses
        The machines that were lost with it so far.
    """

    after: str = ""
    until: str = ""
    size: float = 1.0
    losses: tuple[str, ...] = ()

    def words(self, give: int = 0) -> list[str]:
        """Return it as the engine's options have it, giving away so much from the beginning."""
        points = {"--after": self.after, "--until": self.until}
        given = [word for key, at in points.items() if at for word in (key, at)]
        return ["--shared", str(give), *given]

    def left(self, progress: Mapping[str, Any]) -> float:
        """Return what is left of its size, after what its owner says of its progress."""
        visited = progress.get("visited", 0.0)
        return max(
            0.0, self.size - (visited if isinstance(visited, float | int) else 0.0)
        )

    def divided(self, line: Mapping[str, Any]) -> tuple[Share, Share]:
        """Return what is kept and what is given, as the engine has said.

        Raises
        ------
        EngineError
            If that is no share, or was not cut from this one.
        """
        at, until, size = (line.get(key) for key in ("after", "until", "size"))
        if not (
            is_point(at) and at and is_point(until) and isinstance(size, float | int)
        ):
            raise EngineError(f"a part gives away what is none: {str(line)[:200]}")
        if until != self.until:
            raise EngineError("a part gives away what was not its own")
        size = max(0.0, min(float(size), self.size))
        given = Share(str(at), self.until, size)
        return replace(self, until=str(at), size=self.size - size), given


def is_point(value: Any) -> bool:
    """Whether it is a text that names a point of a tree."""
    return isinstance(value, str) and _POINT.fullmatch(value) is not None
