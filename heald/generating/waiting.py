"""Scenarios that may wait for ever by their own model: nobody's flaw, and therefore not asked.

A call of a model that raises ``NotYet`` waits for another thread. Where an order of the calls
leads to a state in which every call that is next waits (two takes and one put; two threads
that both put into a full channel), threads that hang are what the description asks for.
"""

from __future__ import annotations

from heald.scenario import Scenario
from heald.subject.subject import Subject

_MOST_STATES = 20_000


def may_wait_for_ever(subject: Subject, scenario: Scenario) -> bool:
    """Say whether some order of the calls, one at a time, cannot go on to the end.

    A scenario with more than a few thousand states on the way is taken for one that can.
    """
    if subject.model is None:
        return False
    steps = subject.machine.steps
    last = len(scenario.threads)
    sequences = (scenario.before, *scenario.threads, scenario.after)
    # Where each sequence stands, and the model's state.
    first = ((0,) * len(sequences), 0)
    known, open_ = {first}, [first]
    while open_ and len(known) < _MOST_STATES:
        at, state = open_.pop()
        if at[0] < len(scenario.before):
            running = [0]
        else:
            running = [n for n in range(1, last + 1) if at[n] < len(sequences[n])]
            if not running and at[-1] < len(scenario.after):
                running = [last + 1]
        is_stuck = bool(running)
        for n in running:
            after = (*at[:n], at[n] + 1, *at[n + 1 :])
            for next_state, _ in steps(state, sequences[n][at[n]]):
                is_stuck = False
                if (after, next_state) not in known:
                    known.add((after, next_state))
                    open_.append((after, next_state))
        if is_stuck:
            return True
    return False
