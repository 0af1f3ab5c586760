"""Linearizability: operations per second, in C and by a straightforward checker in Python.

``python -m benchmarks.linearize`` checks the same histories with both in turn and prints the
medians of five seeds and of their ratios; then long histories, with the search in C alone.
A check in C is over in 0.1 ms, less than a busy machine's hiccups: of each it is the median of
several; what Python is asked takes long enough to be asked once.
Histories are right by construction: 8 threads, calls that take effect at one moment between
call and return. The checker in Python is given up after some seconds: its rate is then at
most, and the ratio at least, what is printed.
"""

from __future__ import annotations

import copy
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.simulated_history import simulate
from heald import History
from heald.models import known as known_models
from heald.models.known import KnownModel
from heald.models.linearize import linearize
from heald.scenario import Call
from heald.verdicts import Verdict

RUNS = 5
REPEATED = 15

QUEUE = known_models.queue(put="put", take="get")
STACK = known_models.stack(put="put", take="get")
MAP = known_models.map_(put="put", get="get", delete="cut")
COUNTER = known_models.counter(fetch_add="inc", read="get")


PATIENCE_S = 4.0


def straightforward(history: History, model: KnownModel) -> bool:
    """Search as Wing and Gong and Lowe describe it; ``False`` where patience ends."""
    events = history.events
    seen = set()
    stack: list[tuple[frozenset[int], Any]] = [(frozenset(range(len(events))), model())]
    end = time.perf_counter() + PATIENCE_S
    while stack and time.perf_counter() < end:
        left, state = stack.pop()
        if not left:
            return True
        first_return = min(events[i].returned or 0 for i in left)
        # The most urgent last: it is popped first.
        for i in sorted(left, key=lambda i: -(events[i].returned or 0)):
            event = events[i]
            if event.called > first_return:
                continue
            after = copy.deepcopy(state)
            if getattr(after, event.call.op)(*event.call.args) != event.result:
                continue
            key = (left - {i}, repr(vars(after.made)))
            if key not in seen:
                seen.add(key)
                stack.append((left - {i}, after))
    return False


def put_or(take: str, share: float = 0.5) -> Callable[[random.Random, int], Call]:
    """Draw puts of distinct values, and takes."""
    return lambda draw, n: Call("put", (n,)) if draw.random() < share else Call(take)


def on_keys(draw: random.Random, number: int) -> Call:
    """Draw calls on a map with 20 keys."""
    key, kind = draw.randrange(20), draw.randrange(3)
    return (
        Call("put", (key, number))
        if kind == 0
        else Call(["get", "cut"][kind - 1], (key,))
    )


CASES: list[tuple[str, KnownModel, Callable[[random.Random, int], Call], int]] = [
    ("queue", QUEUE, put_or("get"), 60),
    ("stack", STACK, put_or("get"), 60),
    ("map, 20 keys", MAP, on_keys, 200),
    ("counter", COUNTER, lambda _, n: Call("inc", (1,)) if n % 2 else Call("get"), 200),
]
LONG = 10_000


def timed(check: Callable[[], object]) -> float:
    """Return the seconds that a check takes."""
    begun = time.perf_counter()
    check()
    return time.perf_counter() - begun


def often(check: Callable[[], object]) -> float:
    """Return the seconds that a check takes, the median of several."""
    return statistics.median(timed(check) for _ in range(REPEATED))


def in_c(history: History, model: KnownModel) -> None:
    """Check with the search in C; it must say yes."""
    if linearize(history, model).verdict is not Verdict.PASSED:
        sys.exit("a history that is right by construction did not pass")


def main() -> None:
    """Print both tables."""
    print(
        f"{'same histories':16}{'calls':>8}{'C, ops/s':>13}{'Python, ops/s':>15}{'ratio':>9}"
    )
    for name, model, draw, calls in CASES:
        fast, slow = [], []
        for seed in range(RUNS):
            history = simulate(model, draw, threads=8, calls=calls, seed=seed)
            fast.append(calls / often(lambda: in_c(history, model)))  # noqa: B023
            slow.append(calls / timed(lambda: straightforward(history, model)))  # noqa: B023
        ratio = statistics.median(a / b for a, b in zip(fast, slow, strict=True))
        print(
            f"{name:16}{calls:8,}{statistics.median(fast):13,.0f}"
            f"{statistics.median(slow):15,.0f}{ratio:9,.0f}"
        )
    print(f"\n{'long histories':16}{'calls':>8}{'C, ops/s':>13}{'seconds':>15}")
    for name, model, draw, _ in CASES:
        if name == "stack":  # no shortcut is known for it: long ones can be undecided
            continue
        spent = []
        for seed in range(RUNS):
            history = simulate(model, draw, threads=8, calls=LONG, seed=seed)
            spent.append(timed(lambda: in_c(history, model)))  # noqa: B023
        median = statistics.median(spent)
        print(f"{name:16}{LONG:8,}{LONG / median:13,.0f}{median:15.3f}")


if __name__ == "__main__":
    main()
