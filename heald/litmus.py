"""Litmus tests: what the memory models allow beside what this machine shows.

For each subject with a table of outcomes: every execution of its scenario under ``sc``,
``tso`` and ``rc11``, and a short run on real threads. Three things must hold.

* What RC11 allows is exactly what the table says: nothing more, nothing less.
* A stronger model allows nothing that a weaker one forbids.
* What this machine shows, the machine's model allows: ``tso`` on x86, where the hardware has
  store buffers and nothing else; elsewhere ``rc11``, all that the C standard promises.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heald.explorer.exploration import Exploration, explore_scenario
from heald.kinds import FORBIDDEN_OUTCOME
from heald.native import NativeResult, NativeSession
from heald.scenario import Outcome, Scenario, outcome_to_json, show_result
from heald.subject.subject import Subject
from heald.verdicts import UsageError, Verdict

MODELS = ("sc", "tso", "rc11")
"""From strong to weak."""

_X86 = ("x86_64", "amd64", "i386", "i486", "i586", "i686")
_LONGEST_SEARCH_S = 60.0


def machine_model() -> str:
    """Return the model that bounds what this machine can show."""
    return "tso" if platform.machine().lower() in _X86 else "rc11"


@dataclass(frozen=True)
class Row:
    """One litmus test.

    Attributes
    ----------
    explored
        Per model all executions.
    declared
        The outcomes that the subject's table allows.
    native
        ``None`` if it was not run.
    """

    subject: Subject
    scenario: Scenario
    explored: Mapping[str, Exploration]
    declared: frozenset[Outcome]
    native: NativeResult | None

    def allowed(self, model: str) -> frozenset[Outcome]:
        """Return the outcomes of all executions under a model."""
        return frozenset(self.explored[model].outcomes)

    @property
    def weak(self) -> tuple[Outcome, ...]:
        """Outcomes that no interleaving gives, but a model allows or the machine shows."""
        seen = set(self.native.histogram) if self.native else set()
        known = seen.union(*(self.allowed(model) for model in MODELS))
        return tuple(sorted(known - self.allowed("sc"), key=repr))

    def seen(self, outcome: Outcome) -> int:
        """Count the samples on real threads that gave an outcome."""
        return self.native.histogram.get(outcome, 0) if self.native else 0

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what must not be, in words."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        for model in MODELS:
            for finding in self.explored[model].findings:
                if finding.kind != FORBIDDEN_OUTCOME:
                    yield f"{finding.kind} under {model}: {finding.message}"
        for strong, weak in (("sc", "tso"), ("sc", "rc11"), ("tso", "rc11")):
            for outcome in _sorted(self.allowed(strong) - self.allowed(weak)):
                yield f"{strong} allows {show(outcome)}, which {weak} forbids"
        for outcome in _sorted(self.allowed("rc11") - self.declared):
            yield f"rc11 allows {show(outcome)}, which the table forbids"
        if self.explored["rc11"].exhaustive:
            for outcome in _sorted(self.declared - self.allowed("rc11")):
                yield f"the table allows {show(outcome)}, which no execution gives"
        yield from self._problems_here()

    def _problems_here(self) -> Iterator[str]:
        if self.native is None:
            return
        model = machine_model()
        for outcome in _sorted(set(self.native.histogram) - self.allowed(model)):
            yield (
                f"real threads gave {show(outcome)} {self.seen(outcome):,} times in "
                f"{self.native.samples:,} samples, which {model} forbids"
            )
        for finding in self.native.findings:
            yield f"{finding.kind} on real threads: {finding.message}"

    @property
    def verdict(self) -> Verdict:
        """Failed, undecided, untrustworthy (no sample) or passed."""
        if self.problems:
            return Verdict.FAILED
        if not all(self.explored[model].exhaustive for model in MODELS):
            return Verdict.UNDECIDED
        if self.native is not None and not self.native.samples:
            return Verdict.UNTRUSTWORTHY
        return Verdict.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``tests`` in the JSON of ``heald litmus``."""
        known = set(self.declared).union(*(self.allowed(model) for model in MODELS))
        known |= set(self.native.histogram) if self.native else set()
        return {
            "test": self.subject.name,
            "verdict": self.verdict.value,
            "executions": {m: self.explored[m].executions for m in MODELS},
            "outcomes": [
                {
                    "outcome": outcome_to_json(outcome),
                    "allowed": [m for m in MODELS if outcome in self.allowed(m)],
                    "declared": outcome in self.declared,
                    "seen": self.seen(outcome),
                }
                for outcome in _sorted(known)
            ],
            "samples": self.native.samples if self.native else 0,
            "problems": list(self.problems),
        }


def litmus_row(
    subject: Subject,
    *,
    session: NativeSession | None = None,
    native_s: float = 0.1,
    seed: int = 0,
    check_power: bool = False,
) -> Row:
    """Explore one litmus test under all models, and run it on real threads.

    Parameters
    ----------
    subject
        With ``outcomes=`` and one scenario in ``interesting=``.
    session
        For real threads; ``None`` explores only.
    native_s
        Seconds on real threads.
    check_power
        Whether to ask first if a known race shows itself.

    Raises
    ------
    UsageError
        If it has no table or no scenario, or does not compile.
    """
    if subject.outcomes is None or not subject.interesting:
        raise UsageError(
            f"{subject.name} is no litmus test: that needs outcomes= and a scenario in "
            "interesting="
        )
    scenario = subject.interesting[0]
    explored = {
        model: explore_scenario(
            subject, scenario, model=model, budget_s=_LONGEST_SEARCH_S
        )
        for model in MODELS
    }
    native = None
    if session is not None:
        native = session.run(
            subject, scenario, seed=seed, budget_s=native_s, check_power=check_power
        )
    return Row(subject, scenario, explored, declared(subject, scenario), native)


def declared(subject: Subject, scenario: Scenario) -> frozenset[Outcome]:
    """Return the outcomes that a subject's table allows in a scenario."""
    table = subject.outcomes
    if table is None:
        return frozenset()
    if callable(table):
        return frozenset(table(scenario))
    return frozenset(outcome for outcome, word in table.items() if word == "allowed")


def overall(rows: Sequence[Row]) -> Verdict:
    """Return the verdict of the whole matrix.

    Untrustworthy also where the models allow this machine something beyond sc and it has
    shown none of it in any test: then its threads have hardly met.
    """
    verdicts = {row.verdict for row in rows}
    for verdict in (Verdict.FAILED, Verdict.UNDECIDED, Verdict.UNTRUSTWORTHY):
        if verdict in verdicts:
            return verdict
    return Verdict.UNTRUSTWORTHY if _blind(rows) else Verdict.PASSED


def _blind(rows: Sequence[Row]) -> bool:
    model = machine_model()
    possible = [
        row.seen(outcome)
        for row in rows
        for outcome in row.weak
        if row.native is not None and outcome in row.allowed(model)
    ]
    return bool(possible) and not any(possible)


def show(outcome: Outcome) -> str:
    """Show an outcome by its values alone: ``0 | 1 0``; what is left comes after ``;``."""
    before, *threads, after = outcome
    text = " | ".join(_values(thread) for thread in threads)
    text = f"{_values(before)} ; {text}" if before else text
    return f"{text} ; {_values(after)}" if after else text


def _values(results: Sequence[Any]) -> str:
    shown = []
    for result in results:
        if result is None:
            shown.append("-")
        elif isinstance(result, tuple):
            shown += map(show_result, result)
        else:
            shown.append(show_result(result))
    return " ".join(shown)


def _sorted(outcomes: frozenset[Outcome] | set[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=repr)


def text_lines(rows: Sequence[Row]) -> list[str]:
    """Return the matrix: a line per test, and one for each outcome beyond sc."""
    width = max(len(row.subject.name) for row in rows)
    here = platform.machine()
    lines = [f"{'':{width}}  executions         outcomes beyond sc, who allows them"]
    lines.append(
        f"{'test':{width}}   sc   tso  rc11   and how often they were seen on {here}"
    )
    for row in rows:
        counts = "".join(f"{row.explored[m].executions:>5} " for m in MODELS)
        parts = [_weak_text(row, outcome) for outcome in row.weak] or ["none"]
        lines.append(f"{row.subject.name:{width}} {counts}  {parts[0]}")
        lines += [f"{'':{width}} {'':18}  {part}" for part in parts[1:]]
        lines += [f"{'':{width}} {'':18}  FAILED: {problem}" for problem in row.problems]
    return lines


def _weak_text(row: Row, outcome: Outcome) -> str:
    allowed = [model for model in MODELS if outcome in row.allowed(model)]
    text = f"{show(outcome)}: {' '.join(allowed) or 'none'}"
    if row.native is None:
        return text
    return f"{text}; seen {row.seen(outcome):,} of {row.native.samples:,}"
