"""What a target has shown so far in a campaign: sums over its slices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heald.targets.target import SliceResult

#: Outcomes remembered per target, to tell new ones from old ones. Some targets (a parser
#: under fuzzing) have no end of them.
REMEMBERED_OUTCOMES = 100_000


@dataclass
class Record:
    """One target's sums. Grows with ``add``; read by ``judgement`` and the tables.

    Attributes
    ----------
    name, place
        ``"stack/tagged"``, and where it was found.
    expected
        ``"sound"``, ``"flawed"`` or ``None``.
    shown_here
        Whether this machine can show the flaw: ``"yes"``, ``"rare"`` or ``"no"``.
    catch_within_s
        Seconds of running by which a flaw that shows here must have been caught.
    slices, doubtful_slices
        All, and those whose power check failed.
    samples, seconds
        Of the slices that can be trusted; only they count for a pass.
    outcomes
        Distinct outcomes with their counts.
    findings
        Kind of each finding to the number of failed samples.
    capsules
        Their paths, oldest first.
    explained
        Path of a capsule to what the explorer found of it (``Explained.to_json``; always
        with ``found`` and ``text``).
    error
        ``("usage error", text)`` or ``("engine error", text)``: it cannot be run.
    kinds
        The same of each kind of machine (``x86_64``, ``aarch64``) that ran it.
    first_caught_s
        Seconds of running after which something was first found; ``None``: never.
    """

    name: str
    place: str
    expected: str | None = None
    shown_here: str = "yes"
    catch_within_s: float = 60.0
    slices: int = 0
    doubtful_slices: int = 0
    samples: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    capsules: list[str] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    explained: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    error: tuple[str, str] | None = None
    kinds: dict[str, Record] = field(default_factory=dict)
    first_caught_s: float | None = None

    @property
    def caught(self) -> bool:
        """Whether anything was found."""
        return bool(self.findings)

    @property
    def samples_per_second(self) -> float:
        """Samples per second of the trusted slices; 0 without any."""
        return self.samples / self.seconds if self.seconds > 0 else 0.0

    def on(self, kind: str) -> Record:
        """Return the record of one kind of machine."""
        if kind not in self.kinds:
            facts = self.expected, self.shown_here, self.catch_within_s
            self.kinds[kind] = Record(self.name, self.place, *facts)
        return self.kinds[kind]

    def add(self, result: SliceResult, kind: str | None = None) -> int:
        """Add a slice and return how much of it was new: outcomes and kinds of finding.

        Parameters
        ----------
        kind
            Of the machine that ran it; what is new is what is new there.
        """
        discoveries = self._add(result)
        return discoveries if kind is None else self.on(kind)._add(result)

    def _add(self, result: SliceResult) -> int:
        self.slices += 1
        self.doubtful_slices += not result.trustworthy
        if result.trustworthy:
            self.samples += result.samples
            self.seconds += result.seconds
        self.notes.update(dict.fromkeys(result.notes))
        before = len(self.outcomes) + len(self.findings)
        for outcome, count in result.outcomes.items():
            if outcome in self.outcomes or len(self.outcomes) < REMEMBERED_OUTCOMES:
                self.outcomes[outcome] += count
        for finding in result.findings:
            self.findings[finding.kind] += finding.count
        if result.findings and self.first_caught_s is None:
            self.first_caught_s = self.seconds
        return len(self.outcomes) + len(self.findings) - before
