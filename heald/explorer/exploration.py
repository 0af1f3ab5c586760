"""Every execution of a scenario that a memory model allows, judged by the subject's model.

The subject is compiled once, with a driver that takes the scenario as an argument; each
scenario is one short-lived process of the explorer. What comes back is each distinct history
once: with how many executions gave it, which calls were known to come before which, and a
schedule that gives it again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from heald.building.build import Unit
from heald.building.cache import cache_directory
from heald.building.engine import engine_include, engine_path, engine_sources
from heald.building.flavours import EXPLORED
from heald.explorer.long_loop import LONG_LOOP
from heald.explorer.notes import UNSEEN_WRITE
from heald.explorer.options import Options
from heald.explorer.orders_at import explore_with_orders
from heald.explorer.process import Explored, OnProgress
from heald.explorer.process import explore as run_engine
from heald.explorer.sites import name_loops, name_places
from heald.finding import Finding
from heald.history import Event, History
from heald.kinds import FORBIDDEN_OUTCOME, NOT_LINEARIZABLE, UNSUPPORTED
from heald.models.grading import Grade, grade
from heald.models.linearize import Criterion, linearize
from heald.precedence import Precedence
from heald.scenario import Outcome, Scenario
from heald.showing.calls import parameter_blocks
from heald.subject.glue import build_subject
from heald.subject.subject import Subject
from heald.verdicts import UsageError, Verdict


@dataclass(frozen=True)
class ExploredHistory:
    """One distinct history.

    Attributes
    ----------
    outcome
        What the calls returned.
    executions
        How many executions gave it.
    before
        For each call, in the order of the scenario's sequences, the calls that happen
        before it: their return happens before its begin.
    schedule
        One that gives it again.
    """

    outcome: Outcome
    executions: int
    before: tuple[frozenset[int], ...]
    schedule: str

    def history(self, scenario: Scenario) -> History:
        """Return the calls as a history. What is ordered is in ``before``; stamps number."""
        calls = [
            (thread, call, result)
            for thread, (sequence, results) in enumerate(
                zip(scenario.sequences, self.outcome, strict=True)
            )
            for call, result in zip(sequence, results, strict=True)
        ]
        events = [
            Event(thread, call, at, at, result)
            for at, (thread, call, result) in enumerate(calls)
        ]
        return History(tuple(events))


@dataclass(frozen=True)
class Exploration:
    """What a search over the executions of one scenario gave.

    Attributes
    ----------
    verdict
        ``PASSED`` (with ``exhaustive``: there is no other execution), ``FAILED``,
        ``UNDECIDED`` where the budget ended first, ``UNTRUSTWORTHY`` where no execution was
        complete.
    executions, blocked
        Complete ones, and those cut because a thread could never go on.
    histories
        Distinct ones, the most frequent first.
    findings
        What went wrong. ``detail`` has the schedule, and the trace in the form of
        ``heald.showing.trace``.
    seconds
        Of the search.
    traces
        Executions that did not fail by themselves, with ``schedule`` and ``trace``; as many
        as ``Options.traces`` asks for.
    """

    scenario: Scenario
    options: Options
    verdict: Verdict
    exhaustive: bool
    executions: int
    blocked: int
    seconds: float
    histories: tuple[ExploredHistory, ...] = ()
    findings: tuple[Finding, ...] = ()
    engine: Mapping[str, Any] = field(default_factory=dict)
    traces: tuple[Mapping[str, Any], ...] = ()

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Distinct outcomes with the number of executions that gave each."""
        found: dict[Outcome, int] = {}
        for history in self.histories:
            found[history.outcome] = found.get(history.outcome, 0) + history.executions
        return found


def explore_scenario(
    subject: Subject,
    scenario: Scenario,
    *,
    in_time: Precedence = (),
    engine_words: Sequence[str] = (),
    right: set[str] | None = None,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> Exploration:
    """Explore the executions of one scenario.

    Parameters
    ----------
    in_time
        Pairs of calls, counted through all sequences: in each execution that is looked at
        the first has returned, and its stores are seen, before the second begins.
    engine_words
        Further words for the engine, such as other orders at some places.
    right
        What this scenario gave before and was right. If there is nothing else the model is not
        asked again, and no histories are returned; what is found right is added.
    on_progress
        Called with the engine's counts now and then.
    **options
        The attributes of ``heald.explorer.options.Options``: model, search, seed, budget_s,
        max_executions, races, jobs, ...

    Raises
    ------
    UsageError
        If the subject does not compile, or does what the explorer cannot model.
    """
    chosen = replace(Options(), **options)
    if subject.volatile != "race":
        chosen = replace(chosen, volatile=subject.volatile)
    program = program_of(subject)

    def run(words: list[str]) -> Explored:
        return run_engine(
            _engine(cache_directory(), os.environ.get("CC")),
            program,
            [*chosen.engine_words(), "--outcomes", "histories", *engine_words, *words],
            [scenario_text(subject, scenario, in_time)],
            jobs=chosen.jobs if chosen.search == "exhaustive" else 1,
            budget_s=chosen.budget_s,
            on_progress=on_progress,
            again=True,
        )

    explored = explore_with_orders(chosen.orders, program, run)
    name_places(
        program,
        [*explored.failures, *explored.traces],
        given=lambda steps: parameter_blocks(steps, subject, program),
    )
    name_loops(program, explored.result)
    found = [_finding(scenario, failure) for failure in explored.failures]
    seen = {f"{line['results']}{line['before']}" for line in explored.outcomes}
    histories: tuple[ExploredHistory, ...] = ()
    if right is None or not seen <= right:
        histories = _histories(subject, scenario, explored, in_time)
        wrong = _judged(subject, scenario, histories)
        found += wrong
        if right is not None and not wrong:
            right |= seen
    findings = [_replayable(each, in_time) for each in found]
    refused = [each for each in findings if each.kind == UNSUPPORTED]
    if refused:
        raise UsageError(f"{subject.name}: {refused[0].message}")
    counts = explored.result
    return Exploration(
        scenario=scenario,
        options=chosen,
        verdict=_verdict(chosen, counts, findings),
        exhaustive=bool(counts["exhausted"]),
        executions=counts["executions"],
        blocked=counts["blocked"],
        seconds=counts["seconds"],
        histories=histories,
        findings=tuple(findings),
        engine=counts,
        traces=tuple(explored.traces),
    )


def scenario_text(subject: Subject, scenario: Scenario, in_time: Precedence = ()) -> str:
    """Write the scenario as csrc/explore/driver/scenario_main.c reads it: its table, in text."""
    layout = subject.layout(scenario)
    numbers = [
        *(layout.threads, *layout.lengths, *chain.from_iterable(layout.calls)),
        *(len(layout.arguments), *layout.arguments),
        *(len(in_time), *chain.from_iterable(in_time)),
    ]
    return " ".join(map(str, numbers))


@lru_cache(maxsize=8)
def _engine(_cache: Path, _compiler: str | None) -> Path:
    """Return the engine; its sources are looked at once a process, like a subject's."""
    return engine_path("explore")


@lru_cache(maxsize=256)
def program_of(subject: Subject) -> Path:
    """Compile a subject as a program that takes a scenario as its argument.

    Once a process: a thousand scenarios look at the files' stamps once.
    """
    driver = engine_sources() / "explore" / "driver" / "scenario_main.c"
    options = (f"-I{engine_include()}",)
    unseen = Unit(driver, instrument=False, own_cflags=options)
    return build_subject(subject, EXPLORED, drivers=(unseen,)).path


def _histories(
    subject: Subject, scenario: Scenario, explored: Explored, in_time: Precedence
) -> tuple[ExploredHistory, ...]:
    """Put together what the parts of a search saw."""
    layout = subject.layout(scenario)
    own_order = _order_within_sequences(scenario)
    for first, second in in_time:
        own_order[second] |= {first}
    found: dict[tuple[Outcome, tuple[frozenset[int], ...]], ExploredHistory] = {}
    for line in explored.outcomes:
        if len(line["results"]) < len(layout.calls) or None in line["results"]:
            continue  # the program ended early, by exit(): nothing to be judged
        slots = [value for results in line["results"] for value in results]
        outcome = layout.outcome(slots)
        before = tuple(
            frozenset(mine) | own
            for mine, own in zip(line["before"], own_order, strict=True)
        )
        key = outcome, before
        known = found.get(key)
        more = known.executions if known else 0
        found[key] = ExploredHistory(
            outcome, line["count"] + more, before, line["schedule"]
        )
    return tuple(sorted(found.values(), key=lambda each: -each.executions))


def _order_within_sequences(scenario: Scenario) -> list[frozenset[int]]:
    """Order the calls of each sequence; what runs before and after is one thread's."""
    order, at = [], 0
    for sequence in scenario.sequences:
        for number in range(len(sequence)):
            order.append(frozenset({at - 1} if number else ()))
            at += 1
    first = len(scenario.before)
    for number in range(at - len(scenario.after), at):
        order[number] |= frozenset(range(first))
    return order


def _judged(
    subject: Subject,
    scenario: Scenario,
    histories: Sequence[ExploredHistory],
) -> list[Finding]:
    """Hold every distinct outcome and history against the model or the table."""
    if subject.model is None and subject.outcomes is None:
        return []
    findings = []
    outcomes: dict[Outcome, int] = {}
    first: dict[Outcome, ExploredHistory] = {}
    for history in histories:
        outcomes[history.outcome] = outcomes.get(history.outcome, 0) + history.executions
        known = first.setdefault(history.outcome, history)
        if context_switches(history.schedule) < context_switches(known.schedule):
            first[history.outcome] = history
    graded = {row.outcome: row for row in grade(subject, scenario, outcomes).rows}
    for outcome, row in graded.items():
        if row.grade is Grade.FORBIDDEN:
            message = (
                f"{row.count:,} of {sum(outcomes.values()):,} executions give an outcome "
                f"that the model forbids: {scenario.line(outcome)}"
            )
            explanation = str(row.explanation) if row.explanation else ""
            findings.append(
                _outcome_finding(
                    FORBIDDEN_OUTCOME,
                    message,
                    scenario,
                    first[outcome],
                    explanation,
                    row.count,
                )
            )
    if subject.model is None or subject.outcomes is not None:
        return findings
    for history in histories:
        if graded[history.outcome].grade is Grade.FORBIDDEN:
            continue
        answer = linearize(
            history.history(scenario),
            subject.machine,
            criterion=Criterion.LINEARIZABLE,
            before=history.before,
        )
        if answer.verdict is Verdict.FAILED:
            message = (
                f"{history.executions:,} executions give a history that is not "
                f"linearizable: {scenario.line(history.outcome)}"
            )
            findings.append(
                _outcome_finding(
                    NOT_LINEARIZABLE,
                    message,
                    scenario,
                    history,
                    str(answer),
                    history.executions,
                )
            )
    return findings


def context_switches(schedule: str) -> int:
    """Count how often a schedule goes from one thread to another."""
    steps = schedule.removeprefix("v1:").split()
    threads = [
        step.split("*")[0].split(".")[0] for step in steps if not step.startswith("@")
    ]
    return sum(a != b for a, b in pairwise(threads))


def _outcome_finding(
    kind: str,
    message: str,
    scenario: Scenario,
    history: ExploredHistory,
    explanation: str,
    count: int,
) -> Finding:
    detail = {
        "schedule": history.schedule,
        "explanation": explanation,
        "columns": scenario.columns(history.outcome),
    }
    return Finding(kind, message, scenario, history.outcome, count=count, detail=detail)


def _finding(scenario: Scenario, failure: dict[str, Any]) -> Finding:
    detail = {
        key: value for key, value in failure.items() if key not in ("kind", "message")
    }
    return Finding(failure["kind"], failure["message"], scenario, detail=detail)


def _replayable(finding: Finding, in_time: Precedence) -> Finding:
    """Add what a replay needs beside the scenario and the schedule."""
    if not in_time:
        return finding
    settings = {"in_time": [list(pair) for pair in in_time]}
    return replace(finding, detail={**finding.detail, **settings})


def _verdict(
    options: Options, counts: Mapping[str, Any], findings: Sequence[Finding]
) -> Verdict:
    if findings:
        return Verdict.FAILED
    if options.search == "exhaustive" and not counts["exhausted"]:
        return Verdict.UNDECIDED
    if counts.get("reason") == LONG_LOOP or "rounds" in counts.get("notes", ()):
        return Verdict.UNDECIDED
    if UNSEEN_WRITE in counts.get("notes", ()):
        return Verdict.UNTRUSTWORTHY
    return Verdict.PASSED if counts["executions"] else Verdict.UNTRUSTWORTHY
