"""How a test says that the subject erred: an assertion that carries its capsule.

It is an ``AssertionError``, so pytest shows it as a failed test and Hypothesis shrinks it.
Whoever catches it finds the finding and the capsule; the pytest plugin writes both into
the JUnit file and the line that replays into the summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heald.finding import Finding
from heald.plain import lines


class Violated(AssertionError):
    """The subject did what it must not do.

    Attributes
    ----------
    finding
        What was seen.
    capsule
        The file that replays it, if one was written.
    bug
        Its name in a line, if the explorer was asked and found it.
    failure
        All that is known, in the form of ``heald check --json``: for pages and other tools.
    """

    def __init__(
        self,
        message: str,
        *,
        finding: Finding | None = None,
        capsule: Path | str | None = None,
        explanation: str = "",
        bug: str = "",
        failure: Mapping[str, Any] | None = None,
    ) -> None:
        replay = "" if capsule is None else f"no capsule: {capsule}"
        if isinstance(capsule, Path):
            replay = f"replay: heald replay {capsule}"
        super().__init__(lines("\n".join(filter(None, (message, explanation, replay)))))
        self.finding = finding
        self.capsule = capsule if isinstance(capsule, Path) else None
        self.bug = bug
        self.failure = failure
