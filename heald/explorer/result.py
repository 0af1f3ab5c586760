"""What a check found: a verdict that is worth what it says, and everything it is made of.

*Passed* after an exhaustive search means every execution that the memory model allows; after
sampling it comes with the bound on what was missed. A search that its budget ended is
*undecided*. What cannot be modelled is a usage error that names the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heald.explorer.built import is_cxx_program
from heald.explorer.long_loop import LONG_LOOP
from heald.explorer.notes import LIBRARY_WRITE, UNSEEN_WRITE, told_notes
from heald.explorer.options import Options
from heald.explorer.process import Explored
from heald.kinds import UNSUPPORTED
from heald.verdicts import Verdict


@dataclass(frozen=True)
class CheckResult:
    """What a check found; the attributes down to ``seed`` are the keys of its JSON.

    Attributes
    ----------
    program
        The sources as they were named.
    verdict
        Passed, failed, undecided, untrustworthy or usage error.
    exhaustive
        Whether every execution was visited.
    executions, blocked
        Complete consistent executions; those cut because a thread could never go on.
    failures
        Each with ``kind``, ``message``, ``where``, ``capsule`` and ``trace``.
    seconds, build_seconds
        Of the search and of building.
    reason
        What ended an unfinished search: ``"budget"``, ``"executions"``, ``"interrupt"``,
        ``"failure"``, ``"long loop"``.
    failed_executions
        How many executions failed; above the length of ``failures`` after keeping going.
    estimate
        Of all executions, 0 where there is none.
    symmetry
        Whether `executions` and `blocked` are counted up to exchanging identical threads.
    bound, cut
        How many rounds of any loop were followed, None for all; executions that would have
        gone on.
    traces
        Of executions that did not fail, as many as ``Options.traces`` asks for.
    notes
        What the explorer noticed that limits what the result is worth, in sentences.
    engine
        The engine's own figures: ``steps``, ``runs``, ``peak_bytes`` and more.
    unkept
        Why a failure has no capsule, if one could not be written.
    """

    program: str
    model: str
    search: str
    verdict: Verdict
    exhaustive: bool
    executions: int
    blocked: int
    failures: list[dict[str, Any]]
    seconds: float
    build_seconds: float
    seed: int
    output: str = ""
    reason: str | None = None
    failed_executions: int = 0
    estimate: float = 0.0
    notes: list[str] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)
    symmetry: bool = False
    bound: int | None = None
    cut: int = 0
    engine: Mapping[str, Any] = field(default_factory=dict)
    unkept: list[str] = field(default_factory=list)

    @property
    def missed_bound(self) -> float | None:
        """With 95 % confidence, sampled executions fail less often; None if exhaustive."""
        if self.search == "exhaustive" or not self.executions or self.failures:
            return None
        from heald.intervals import bound_on_missed

        return bound_on_missed(self.executions)

    @property
    def known(self) -> int:
        """How many of the sampled executions had been drawn before, where that was looked up."""
        remembered: int = self.engine.get("remembered", 0)
        return 0 if self.search == "exhaustive" else remembered

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald check --json`` prints."""
        from heald.showing.brief import with_name

        return {
            "program": self.program,
            "model": self.model,
            "search": self.search,
            "verdict": self.verdict.value,
            "exhaustive": self.exhaustive,
            "executions": self.executions,
            "blocked": self.blocked,
            "known": self.known,
            "failures": [with_name(failure) for failure in self.failures],
            "seconds": round(self.seconds, 6),
            "build_seconds": round(self.build_seconds, 6),
            "seed": self.seed,
            "reason": self.reason,
            "failed_executions": self.failed_executions,
            "estimate": self.estimate,
            "missed_bound": self.missed_bound,
            "symmetry": self.symmetry,
            "bound": self.bound,
            "cut": self.cut,
            "output": self.output,
            "notes": self.notes,
        }


def concluded(
    program: str, options: Options, explored: Explored, build_seconds: float
) -> CheckResult:
    """Say what the engine's answer means."""
    counts = explored.result
    counts["notes"] = _noted(program, counts.get("notes", ()))
    reason = "interrupt" if explored.interrupted else counts.get("reason")
    if not reason and "runs on" in counts["notes"]:
        reason = "runs on"
    if "rounds" in counts["notes"] and reason != "interrupt":
        reason = "rounds"
    for failure in explored.failures:
        from heald.explorer.panics import tell_panic

        tell_panic(failure, explored.output)
        del failure["type"]
        failure["capsule"] = None
    return CheckResult(
        program=program,
        model=options.model,
        search=options.search,
        verdict=_verdict(options, explored, reason),
        exhaustive=bool(counts["exhausted"] and not counts.get("cut")),
        executions=counts["executions"],
        blocked=counts["blocked"],
        bound=options.bound,
        cut=counts.get("cut", 0),
        failures=explored.failures,
        seconds=counts["seconds"],
        build_seconds=build_seconds,
        seed=options.seed,
        output=explored.output,
        reason=reason,
        failed_executions=counts["failures"],
        estimate=counts["estimate"],
        notes=told_notes(counts, options.trust),
        traces=explored.traces[: options.traces],
        symmetry=options.symmetry,
        engine=counts,
    )


def _noted(program: str, notes: Iterable[str]) -> list[str]:
    """Lay what changed unseen in a C++ program to its library's archive."""
    is_cxx = is_cxx_program(program.split(" "))
    return [LIBRARY_WRITE if is_cxx and n == UNSEEN_WRITE else n for n in notes]


def _verdict(options: Options, explored: Explored, reason: str | None) -> Verdict:
    counts = explored.result
    if any(failure["kind"] == UNSUPPORTED for failure in explored.failures):
        return Verdict.USAGE_ERROR
    if explored.failures:
        return Verdict.FAILED
    if counts.get("cut"):
        return Verdict.UNDECIDED
    if options.search == "exhaustive":
        if not counts["exhausted"]:
            return Verdict.UNDECIDED
    elif reason in ("interrupt", LONG_LOOP, "rounds"):
        return Verdict.UNDECIDED
    if UNSEEN_WRITE in counts.get("notes", ()):
        return Verdict.UNTRUSTWORTHY
    return Verdict.PASSED if counts["executions"] else Verdict.UNTRUSTWORTHY
