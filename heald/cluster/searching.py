"""Explore by agents what takes longer than a moment: one exhaustive search, divided.

Home      Most searches are over before an agent has loaded the program: each is first tried
          here for a moment, and the estimate of the whole comes from there.
Again     Objects of several sizes that only some shares knew of: divided once more, told of all.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from heald.cluster.backend import Backend
from heald.cluster.crew import Crew
from heald.cluster.divided import Search
from heald.cluster.machine import source_key
from heald.cluster.programs import Programs
from heald.explorer.process import (
    Elsewhere,
    Explored,
    MadeOf,
    OnProgress,
    explore,
    known_widths,
    must_be_new,
    widths_of,
)
from heald.state import STATE


class ClusterSearch(Elsewhere):
    """Explores by agents what takes longer than a moment here.

    Parameters
    ----------
    backend
        Taken over; closed by ``close``.
    parts
        Divide the tree into so many shares and no more; by default as it comes.
    resume
        Whether to go on with what the journal has.
    at_home_s
        How long each search is tried here first; 0 where `parts` are given.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        parts: int | None = None,
        resume: bool = False,
        at_home_s: float = 1.0,
        journals: Path = STATE / "searches",
    ) -> None:
        self._crew = Crew(backend, None, (None,))
        self._parts = parts
        self._resume = resume
        self._at_home_s = 0.0 if parts else at_home_s
        self._journals = journals
        self._turn = threading.Lock()
        self.by_machine: dict[str, int] = {}

    def close(self) -> None:
        """End all agents."""
        self._crew.close()

    def explore(
        self,
        engine: Path,
        program: Path,
        options: Sequence[str],
        arguments: Sequence[str],
        *,
        budget_s: float | None,
        on_progress: OnProgress | None,
        made_of: MadeOf | None = None,
    ) -> Explored:
        """Explore a program, here or by agents."""
        began = time.monotonic()
        journal = self._journals / f"{_name(program, options, arguments)}.jsonl"
        is_begun = self._resume and journal.exists()
        estimate = 0.0
        if self._at_home_s and not is_begun:
            moment = min(self._at_home_s, budget_s or self._at_home_s)
            explored = explore(
                engine, program, options, arguments, budget_s=moment, at_home=True
            )
            over = budget_s is not None and budget_s <= moment
            if over or explored.interrupted or explored.result["reason"] != "budget":
                return explored
            estimate = explored.result["estimate"]
        widths: list[str] = []
        with self._turn:
            while True:
                search = Search(
                    self.by_machine,
                    self._crew,
                    Programs(program, made_of),
                    options,
                    arguments,
                    began,
                    budget_s,
                )
                search.estimate = estimate
                explored = search.run(journal, self._parts, self._resume, on_progress)
                if not search.is_to_begin_anew:
                    return explored
                # Objects of several sizes, which some shares did not know of: once more.
                found, _ = widths_of(search.results)
                must_be_new(found, widths)
                widths = found
                options = [*options, *known_widths(widths)]
                journal = self._journals / f"{_name(program, options, arguments)}.jsonl"


def _name(program: Path, options: Sequence[str], arguments: Sequence[str]) -> str:
    """Return what the journal of a search is called: another search has another."""
    with open(program, "rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    facts = repr((content, list(options), list(arguments), source_key()))
    return hashlib.sha256(facts.encode()).hexdigest()[:24]
