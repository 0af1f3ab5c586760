"""Scenarios that earlier runs explored to the end and found right: ``--heald-resume``, for nights.

Only what passed is remembered, so that a test that failed fails again. It holds for one compiled
program, one engine, one text of the author's Python and one way to explore: whatever changes,
everything is explored anew. One line a scenario, written as soon as it is known: a run that was
killed loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from heald.building.cache import cache_directory, writable
from heald.building.engine import engine_path
from heald.explorer.exploration import program_of
from heald.generating.kept import authors_texts
from heald.scenario import Scenario

if TYPE_CHECKING:
    from heald.subject.subject import Subject


class Remembered:
    """What is known of one subject, explored in one way."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def of(cls, subject: Subject, models: Sequence[str], races: str) -> Remembered:
        """Return what belongs to a subject as it is now, explored under these models."""
        parts = [
            subject.name,
            str(program_of(subject)),
            str(engine_path("explore")),
            *models,
            races,
            *authors_texts(),
        ]
        name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
        return cls(cache_directory() / "explored" / name)

    @cached_property
    def _known(self) -> set[str]:
        try:
            return set(self.file.read_text().split())
        except OSError:
            return set()

    def __contains__(self, scenario: Scenario) -> bool:
        """Whether an earlier run explored it to the end, and nothing was wrong."""
        return _name(scenario) in self._known

    def add(self, scenario: Scenario) -> None:
        """Remember that it is right, in every execution."""
        name = _name(scenario)
        if name in self._known:
            return
        self._known.add(name)
        with writable(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a") as file:
                file.write(f"{name}\n")


def _name(scenario: Scenario) -> str:
    return hashlib.sha256(json.dumps(scenario.to_json()).encode()).hexdigest()[:32]
