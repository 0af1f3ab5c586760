"""One execution of a scenario, by its schedule: shown, kept in a capsule, replayed.

A failure of the explorer is a finding: a scenario, and in its detail a memory model and a
schedule. Running these once gives the same execution again, on any machine; that takes
milliseconds. ``completed`` adds the trace and the bug's name, once, and what is shown to
people is made from there, so that a terminal, pytest, JUnit and JSON say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.precedence import in_time_of, in_words
from heald.showing.calls import named_calls, shortened
from heald.showing.diagnosis import NO_ORDER, Diagnosis, change_of, diagnose
from heald.showing.evidence import failure_of

if TYPE_CHECKING:
    from heald.subject.subject import Subject


def bug_of(finding: Finding) -> Diagnosis:
    """Return the bug by name, of a finding that is ``completed``."""
    return Diagnosis(**finding.detail["diagnosis"])


def text_of(finding: Finding, *, width: int | None = None, color: bool = False) -> str:
    """Show a completed finding: bug, scenario, reason, run, advice."""
    from heald.showing.trace import SCREEN, render

    assert finding.scenario is not None
    told = shortened(_failure(finding))
    columns = finding.scenario.columns(finding.outcome)
    run = render(told, width=width, color=color, reason=False).lstrip("\n")
    advice, is_long = _advice(finding), run.count("\n") >= SCREEN
    parts = [
        _headline(finding),
        "\n".join(f"  {line}" for line in columns.splitlines()),
        str(finding.detail.get("explanation") or ""),
        in_words(finding.scenario, in_time_of(finding.detail)),
        advice if is_long else "",
        f"under {conditions(Options.from_settings(finding.detail))}:",
        run,
        advice.removeprefix(f"{NO_ORDER}\n") if is_long else advice,
    ]
    return "\n".join(part for part in parts if part)


def _headline(finding: Finding) -> str:
    """Return the bug by name; what the columns below it say is left out."""
    assert finding.scenario is not None
    shown = finding.scenario.line(finding.outcome)
    return bug_of(finding).line.removesuffix(f": {shown}")


def json_of(finding: Finding) -> dict[str, Any]:
    """Return the parts of a completed finding; ``trace`` is the shortened one that people see."""
    assert finding.scenario is not None
    detail = finding.detail
    told = shortened(_failure(finding))
    return {
        "kind": finding.kind,
        "message": finding.message,
        "diagnosis": detail["diagnosis"],
        "change": detail.get("change", ""),
        "scenario": finding.scenario.to_json(),
        "options": Options.from_settings(detail).meaning(),
        "schedule": detail["schedule"],
        "in_time": [list(pair) for pair in in_time_of(detail)],
        "where": list(told.get("where", ())),
        "trace": told["trace"],
    }


def shown_of(finding: Finding) -> dict[str, Any]:
    """Return a completed finding for a page: its parts, and its calls with their results."""
    return failure_of(finding) | json_of(finding)


def _failure(finding: Finding) -> dict[str, Any]:
    """Return it in the form of ``heald check --json``: all steps, calls and blocks named."""
    parts = {key: finding.detail[key] for key in ("where", "schedule", "trace")}
    return {"kind": finding.kind, "message": finding.message, **parts}


def _or_a_role(finding: Finding) -> str:
    """Say how to keep two threads out of one function, where both race in the same.

    A queue for one producer is no flawed queue for many; nothing but its user knows which.
    """
    inside = [place.get("function") for place in finding.detail.get("where", ())]
    if finding.kind != "data race" or len(inside) != 2 or inside[0] != inside[1]:
        return ""
    return (
        f". If only one thread may call {inside[0]}, give its heald.op a role "
        '(role="producer", say)'
    )


def _advice(finding: Finding) -> str:
    """Say what mends it, if that was tried; else what is known of such bugs."""
    bug = bug_of(finding)
    if finding.detail.get("change"):
        return f"to change: {finding.detail['change']}"
    known = f"known cures: {bug.advice}{_or_a_role(finding)}" if bug.advice else ""
    no_order = change_of(finding.detail)
    if no_order:
        return "\n".join(filter(None, (*no_order, known)))
    if known:
        return known
    if bug.suspicion:
        return f"it seems, and was not tried: {bug.suspicion}"
    return ""


def conditions(options: Options) -> str:
    """Name the memory model, and what else an execution was allowed."""
    races = ", plain accesses taken as relaxed atomic ones" if _lenient(options) else ""
    return f"{options.model}{races}"


def _lenient(options: Options) -> bool:
    return options.races == "allow"


def completed(subject: Subject, finding: Finding, options: Options) -> Finding:
    """Return a finding of the explorer with all that it takes to show it and to see it again.

    Its detail has ``trace`` and ``where`` with all steps, calls and blocks named, the
    ``diagnosis``, and what of the options gives the schedule its meaning.
    ``heald.orders.advice`` adds the ``change`` that mends the scenario, or ``is_algorithms``.

    Parameters
    ----------
    finding
        Of ``explore_scenario``, with its schedule. One about an outcome has no trace yet;
        its execution is run once more.
    options
        Those it was found with.
    """
    assert finding.scenario is not None
    detail = {"where": [], **finding.detail}
    if "trace" not in detail:
        once = replace(options.one_run(str(detail["schedule"])), traces=1)
        again = explore_scenario(
            subject, finding.scenario, in_time=in_time_of(detail), **vars(once)
        )
        detail = {**(again.traces[0] if again.traces else _NO_TRACE), **detail}
    failure = _failure(replace(finding, detail=detail))
    named = named_calls(failure, subject, finding.scenario)
    known = {"where": named["where"], "trace": named["trace"]}
    known["diagnosis"] = diagnose(named).to_json()
    return replace(finding, detail={**detail, **options.meaning(), **known})


_NO_TRACE: Mapping[str, Any] = {"trace": {"threads": [], "steps": [], "pending": []}}
