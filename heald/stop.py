"""Whether to end now: what a long piece of work asks often."""

from __future__ import annotations

from typing import Protocol


class Stop(Protocol):
    """Asked often by a running slice; ``threading.Event`` will do."""

    def is_set(self) -> bool:
        """Whether the slice should end now."""
