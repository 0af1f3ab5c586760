"""The name of a bug, in one line, from the execution that shows it.

A failing execution says what happened; people know bugs by name. Each rule here looks for
the pattern that a name stands for, in the trace alone, and says it with places and values:
*ABA*, *lost update*, *stale publication*, *store buffering*, *inconsistent snapshot*, *use after
free*, *deadlock*.
Where no rule fits, the failure's own words remain; nothing is guessed.

Pure: from the JSON of a failure (``heald.showing.trace`` describes it) to text. Rules look at what
is atomic in the trace; with races allowed that is every access.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from heald.kinds import Family, Finder, of
from heald.showing import (
    early_rules,
    memory_rules,
    outcome_rules,
    snapshot_rules,
    stuck_rules,
)
from heald.showing.cures import CURES
from heald.showing.pattern import Diagnosis, Run, line_of, who

_HEAP = of(Family.HEAP, Family.LEFT)
_STUCK = of(Family.STUCK, by=Finder.EXPLORER)
_JUDGED = of(Family.JUDGED, Family.INVARIANT)
_SYMPTOMS = _JUDGED | {"assertion", "abort", "exit status", "panic", "uncaught exception"}
_SYMPTOMS |= {"uninitialised read", "wild access", "arithmetic fault"}


def diagnose(failure: Mapping[str, Any]) -> Diagnosis:
    """Name the bug that a failure shows.

    Parameters
    ----------
    failure
        ``kind``, ``message``, ``where`` and ``trace`` as in ``heald check --json``; both of
        the latter may be missing. Calls of a scenario have their text in ``at``.
    """
    trace = failure.get("trace") or {}
    run = Run(trace.get("steps", ()), trace.get("pending", ()))
    for applies, rule in _RULES:
        if failure["kind"] in applies:
            found = rule(failure, run)
            if found is not None:
                return found
    cure = CURES.get(failure["kind"], "")
    return Diagnosis(failure["kind"], _plainly(failure), cure, is_by_rule=False)


def title_of(failure: Mapping[str, Any], found: Diagnosis | None = None) -> str:
    """Return what a failure is called: the bug by name, and how it was noticed."""
    kind, found = str(failure["kind"]), found or diagnose(failure)
    return kind if found.name == kind else f"{found.name} ({kind})"


def advice_of(failure: Mapping[str, Any], found: Diagnosis) -> str:
    """Say what is known to cure such a bug, or what is suspected where nothing was tried."""
    cure = found.advice or ("" if found.suspicion else CURES.get(found.name, ""))
    if cure and (found.is_by_rule or not failure.get("change")):
        return f"Known cures: {cure}."
    if found.suspicion and not (failure.get("change") or failure.get("is_algorithms")):
        return f"It seems, and was not tried: {found.suspicion}."
    return ""


def change_of(failure: Mapping[str, Any]) -> list[str]:
    """Say what mends it, if that was tried."""
    if failure.get("change"):
        return [f"to change: {failure['change']}"]
    if failure.get("is_algorithms"):
        return [NO_ORDER] if _has_orders(failure) else []
    return []


NO_ORDER = "Stronger memory orders do not help: it fails with seq_cst everywhere, too"


def _has_orders(failure: Mapping[str, Any]) -> bool:
    """Whether an order could be meant at all: a step has one, or there are no steps to look at."""
    steps = (failure.get("trace") or {}).get("steps", ())
    return not steps or any(step.get("order") for step in steps)


def in_a_line(failure: Mapping[str, Any]) -> str:
    """Say it with its places where a rule knows them, else with its own words."""
    found = diagnose(failure)
    return found.line if found.is_by_rule else f"{failure['kind']}: {failure['message']}"


def _plainly(failure: Mapping[str, Any]) -> str:
    text = f"{failure['kind']}: {failure['message']}"
    places = [place for place in failure.get("where", ()) if place.get("file")]
    if places:
        text += f", at {line_of(places[0])}"
        text += f" by {who(places[0])}" if "thread" in places[0] else ""
    return text


Rule: TypeAlias = Callable[[Mapping[str, Any], Run], Diagnosis | None]

_RULES: Sequence[tuple[frozenset[str], Rule]] = (
    (_HEAP, memory_rules.heap),
    (of(Family.RACE), early_rules.early_race),
    (of(Family.RACE), memory_rules.race),
    (_STUCK, stuck_rules.stuck),
    (_SYMPTOMS, outcome_rules.aba),
    (_SYMPTOMS, outcome_rules.publication),
    (_SYMPTOMS, outcome_rules.store_buffering),
    (_SYMPTOMS, outcome_rules.lost_update),
    (_JUDGED, snapshot_rules.snapshot),
    (_JUDGED, snapshot_rules.partial),
    (_SYMPTOMS, early_rules.early),
)


__all__ = [
    "NO_ORDER",
    "Diagnosis",
    "advice_of",
    "change_of",
    "diagnose",
    "in_a_line",
    "title_of",
]
