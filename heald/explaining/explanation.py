"""A failure seen once on real threads, searched for in the explorer.

Real threads show that a scenario can fail; the explorer shows how. The scenario is explored
under each memory model, the plainest first: what plain interleaving explains needs no weak
memory. What is found is shrunk there, where the same question always has the same answer,
and comes back with a schedule, a trace and the bug's name.

A crash is not searched for as a crash: the explorer sees its cause, a use after free say,
before anything crashes. So kinds match by family, the nearest first. What is not found is
not excused: the models and bounds under which it was not are part of the answer. How it is
searched for is in ``heald.explaining.search``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.durations import show_seconds
from heald.explaining.search import FAMILIES, Attempt, Search
from heald.explorer.execution import json_of, text_of
from heald.finding import Finding
from heald.replaying.scenario import scheduled_capsule
from heald.targets.places import target_named
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.capsule import Capsule
    from heald.subject.subject import Subject

#: Seconds that pytest and ``heald replay --explain`` spend unless told otherwise.
BUDGET_S = 5.0


@dataclass(frozen=True)
class Explained:
    """What searching for a native failure has given.

    Attributes
    ----------
    failed
        The execution that explains it, or ``None``.
    nearness
        0 the same: the outcome, the history (results, and which calls were over before others
        began), or the kind where there is neither; 1 another outcome that the model forbids,
        2 another corruption, 3 a data race. It is that of the scenario that failed; a
        smaller one shows the same bug.
    attempts
        Every search, in order.
    was_cut
        Whether time ended the search for a smaller scenario.
    capsule
        Of the execution, if one was written.
    """

    finding: Finding
    failed: Finding | None
    nearness: int
    attempts: tuple[Attempt, ...]
    seconds: float
    was_cut: bool = False
    capsule: Path | None = None

    @property
    def found(self) -> bool:
        """Whether an execution explains the failure."""
        return self.failed is not None

    @property
    def beyond_x86(self) -> bool:
        """Whether it takes more than x86 hardware does: found under rc11, not under tso."""
        return self.failed is not None and self.failed.detail["model"] == "rc11"

    def text(self, *, width: int | None = None, color: bool = False) -> str:
        """Say what explains the failure, or under which bounds nothing did."""
        if self.failed is None:
            tried = "\n".join(f"  {attempt}" for attempt in self.attempts)
            return (
                "not explained: the explorer did not find this failure in "
                f"{show_seconds(self.seconds)}\n{tried}"
            )
        told = text_of(self.failed, width=width, color=color)
        lines = [f"explained: {self._how_near()}{told}"]
        if self.beyond_x86:
            lines.append(self._without_x86())
        if self.was_cut:
            lines.append("time ended the search for a smaller scenario")
        if self.capsule is not None:
            lines.append(f"replay exactly: heald replay {self.capsule}")
        return "\n".join(lines)

    def _without_x86(self) -> str:
        """Say that the memory model of x86 does not show it, as far as was looked."""
        whole = [
            each
            for each in self.attempts
            if each.model == "tso" and each.exhaustive and each.races == "allow"
        ]
        if not whole:
            return "not seen under tso, in a part of its executions: x86 may not show it"
        return (
            f"none of all {whole[0].executions:,} executions under tso fails so: x86 "
            "hardware alone does not show it; the compiler reordered here, or another "
            "processor does"
        )

    def _how_near(self) -> str:
        if self.nearness == 0:
            return ""
        assert self.failed is not None
        if self.nearness == 1:
            what = "history" if "history" in self.finding.kind else "outcome"
            return f"not this {what}, but another that the model forbids\n"
        return (
            f"no {self.finding.kind} was found in the explorer, but a "
            f"{self.failed.kind} that can lead to it\n"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the field ``explanation`` of capsules and reports."""
        return {
            "found": self.found,
            "nearness": self.nearness if self.found else None,
            "failure": None if self.failed is None else json_of(self.failed),
            "beyond_x86": self.beyond_x86,
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "seconds": round(self.seconds, 3),
            "was_cut": self.was_cut,
            "capsule": None if self.capsule is None else str(self.capsule),
            "text": self.text(),
        }


def explain(
    subject: Subject, finding: Finding, *, budget_s: float = BUDGET_S
) -> Explained:
    """Search for a failure of real threads in the explorer.

    Parameters
    ----------
    subject
        The one that failed.
    finding
        Native: with its scenario, and its outcome if it is about one.
    budget_s
        Seconds for all searches and for shrinking; compiling comes on top. Only a slow
        machine needs them all: what decides is how many executions are looked at.

    Returns
    -------
    Explained
        With the execution in its shortest form for the smallest scenario found, or with
        the list of what was searched.

    Raises
    ------
    UsageError
        If the finding has no scenario, or is of a kind that has no counterpart.
    """
    if finding.scenario is None:
        raise UsageError(
            f"{finding.kind}: without a scenario there is nothing to explore"
        )
    if finding.kind not in FAMILIES:
        raise UsageError(f"the explorer knows no counterpart of {finding.kind!r}")
    search = Search(subject, finding, finding.scenario, budget_s)
    best = search.best()
    failed = None if best is None else search.told(search.shrunk(best))
    return Explained(
        finding=finding,
        failed=failed,
        nearness=0 if best is None else best.nearness,
        attempts=tuple(search.attempts),
        seconds=search.seconds,
        was_cut=search.was_cut,
    )


def explain_and_keep(
    subject: Subject,
    finding: Finding,
    *,
    place: str,
    folder: Path,
    budget_s: float = BUDGET_S,
) -> Explained:
    """Explain a failure and write the capsule of the execution that explains it."""
    explained = explain(subject, finding, budget_s=budget_s)
    if explained.failed is None:
        return explained
    capsule = scheduled_capsule(subject, explained.failed, place=place)
    return replace(explained, capsule=capsule.save(folder))


def explain_capsule(
    capsule: Capsule, file: Path, *, budget_s: float = BUDGET_S
) -> Explained:
    """Explain the failure in a capsule, and write the explanation into its file.

    The capsule of the execution that explains it is written beside it.

    Raises
    ------
    UsageError
        If it was not found on real threads, or its subject is not to be found.
    """
    other = UsageError(
        f"only what was found on real threads is explained; this is a capsule of "
        f"check {capsule.check!r}"
    )
    if capsule.check != "native":  # before any Python of its place is run
        raise other
    target = target_named(capsule.target, capsule.place)
    subject: Subject | None = getattr(target, "subject", None)
    if subject is None:
        raise other
    explained = explain_and_keep(
        subject,
        capsule.finding(),
        place=capsule.place,
        folder=file.parent,
        budget_s=budget_s,
    )
    replace(capsule, explanation=explained.to_json()).save(file.parent)
    return explained
