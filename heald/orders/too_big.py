"""Scenarios that have too many executions, kept: to find that out again costs most of the grounds.

It is a fact of the program alone, whatever the author's model says: so it is kept for the program
that was compiled, the engine and how it is asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.building.cache import cache_directory, is_whole, make_once
from heald.building.engine import engine_path
from heald.explorer.options import Options
from heald.scenario import Scenario


class TooBig:
    """What is known of one program's scenarios: how many executions were seen, and the places."""

    def __init__(self, program: Path) -> None:
        files = [program, engine_path("explore")]
        stats = [(str(file), file.stat()) for file in files]
        self._of = repr([(name, s.st_mtime_ns, s.st_size) for name, s in stats])

    def known(
        self, scenario: Scenario, options: Options
    ) -> tuple[int, Sequence[Mapping[str, Any]]] | None:
        """Return how many executions were too many, and the places that they came to."""
        kept = self._kept(scenario, options)
        if not is_whole(kept):
            return None
        found = json.loads(kept.read_text())
        return found["executions"], found["places"]

    def keep(
        self,
        scenario: Scenario,
        options: Options,
        executions: int,
        places: Sequence[Mapping[str, Any]],
    ) -> None:
        """Remember it."""
        text = json.dumps({"executions": executions, "places": list(places)})

        def make(path: Path) -> None:
            path.write_text(text)

        make_once(self._kept(scenario, options), make)

    def _kept(self, scenario: Scenario, options: Options) -> Path:
        asked = replace(options, budget_s=None).engine_words()
        words = repr((self._of, asked, scenario.to_json()))
        name = hashlib.sha256(words.encode()).hexdigest()[:32]
        return cache_directory() / "too-big" / f"{name}.json"
