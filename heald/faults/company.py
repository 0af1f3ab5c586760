"""The methods in which a call meets others: beside it, before it, and itself again."""

from __future__ import annotations

from heald.faults.case import MOST_STEPS, Action, Case, Shape, Step
from heald.faults.choose import Chooser
from heald.faults.contract import Contract
from heald.faults.draw import ANY, SMALL, WATCHED, draw_pair
from heald.faults.scripts import SHOWING, scripted


def together(choose: Chooser, contract: Contract) -> Case | None:
    """Make another transfer at the same time, call by call in turn."""
    if not contract.together or contract.whole or contract.shape is not Shape.TRANSFER:
        return None
    case = draw_pair(choose, contract, (1, SMALL), sources=ANY, sinks=WATCHED)
    if case is None:
        return None
    case = case.with_(peer=True, together=True)
    if not contract.scripted:
        return case
    caps = [choose.integer(1, 3000) for _ in range(choose.integer(1, MOST_STEPS))]
    return case.with_(steps=tuple(Step(Action.CAP, cap) for cap in caps))


def after(choose: Chooser, contract: Contract) -> Case | None:
    """Let a call fail, and look at the next one: what it moves are its own bytes."""
    case = scripted(choose, contract, hooks=False, sinks=SHOWING)
    if case is None:
        return None
    fatal = Step(Action.ERRNO, choose.among(sorted(contract.fatal)))
    steps = (*case.steps[: choose.integer(0, 3)], fatal)
    return case.with_(after=True, steps=steps)


def memory(choose: Chooser, contract: Contract) -> Case | None:
    """Make the same transfer several times: memory must not grow, nor the process change."""
    case = scripted(choose, contract, hooks=False)
    return case and case.with_(repeated=True)
