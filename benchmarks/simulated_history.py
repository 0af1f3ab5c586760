"""Histories with known answers: calls of a right object at random moments, by many threads."""

from __future__ import annotations

import random
from collections.abc import Callable

from heald.history import Event, History
from heald.models.known import KnownModel
from heald.scenario import Call


def simulate(
    model: KnownModel,
    draw_call: Callable[[random.Random, int], Call],
    *,
    threads: int,
    calls: int,
    seed: int,
) -> History:
    """Let each call take effect at one moment between its call and its return.

    The history is linearizable by construction. ``draw_call(random, number)`` draws the
    call with this number.
    """
    draw = random.Random(seed)
    ready = [0.0] * threads
    planned = []
    for number in range(calls):
        thread = draw.randrange(threads)
        called = ready[thread] + draw.expovariate(1.0)
        effect = called + draw.expovariate(1.0)
        ready[thread] = effect + draw.expovariate(1.0)
        planned.append(
            (effect, called, ready[thread], thread + 1, draw_call(draw, number))
        )
    made = model()
    events = []
    for _, called, returned, thread, call in sorted(planned, key=lambda each: each[0]):
        result = getattr(made, call.op)(*call.args)
        stamps = int(called * 1e6), int(returned * 1e6)
        events.append(Event(thread, call, *stamps, result))
    return History(tuple(events))
