"""Histories of a native run that fit no order of their calls.

An outcome that some order explains may still be wrong in time: a value read after a newer
one had been written, by a thread that had seen the write return. Only stamped calls show
that, so this looks at the histories of runs that were asked for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heald.finding import Finding
from heald.kinds import NOT_LINEARIZABLE
from heald.models.linearize import Linearization, linearize
from heald.precedence import outcome_of
from heald.scenario import show_result
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from heald.history import History
    from heald.native import NativeResult
    from heald.subject.subject import Subject

"""Kind of finding: results that fit no order of the calls in which they happened."""

MOST_HISTORIES = 200
"""Judged per run, the most frequent ones; nearly every sample has a history of its own."""

_LONGEST_S = 1.0


def _how_far(history: History, answer: Linearization) -> dict[str, Any]:
    """Say which calls an order explains, and which one cannot come next, by their numbers."""
    number = {id(event): index for index, event in enumerate(history.events)}
    return {
        "placed": [number[id(event)] for event in answer.order],
        "stuck_call": None if answer.stuck is None else number[id(answer.stuck)],
        "accepted": [show_result(result) for result in answer.accepted],
    }


def misplaced(subject: Subject, result: NativeResult) -> Finding | None:
    """Judge a run's histories; return the most frequent one that is not linearizable.

    Returns
    -------
    Finding or None
        ``None`` too where the run has no histories or the subject no model. A search that
        was cut off is not held against the subject.
    """
    if subject.model is None:
        return None
    frequent = sorted(result.histories.items(), key=lambda pair: -pair[1])
    wrong = 0
    shown: Finding | None = None
    for history, count in frequent[:MOST_HISTORIES]:
        answer = linearize(history, subject.machine, timeout_s=_LONGEST_S)
        if answer.verdict is not Verdict.FAILED:
            continue
        wrong += count
        if shown is None:
            calls = "\n".join(f"  {event}" for event in history.events)
            detail = {
                "history": history.to_json(),
                "explanation": f"in the order in which they began:\n{calls}\n{answer}",
                **_how_far(history, answer),
                "settings": result.settings.to_json() if result.settings else None,
            }
            shown = Finding(
                NOT_LINEARIZABLE,
                "",
                scenario=result.scenario,
                outcome=outcome_of(history, result.scenario),
                seed=result.seed,
                detail=detail,
            )
    if shown is None:
        return None
    looked = sum(count for _, count in frequent[:MOST_HISTORIES])
    message = f"{wrong:,} of the {looked:,} histories looked at"
    return Finding(
        shown.kind,
        message,
        scenario=shown.scenario,
        outcome=shown.outcome,
        seed=shown.seed,
        count=wrong,
        detail=shown.detail,
    )
