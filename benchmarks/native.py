"""The native runner: samples per second, races shown, time per scenario.

``python -m benchmarks.native`` runs two threads with one increment each on a plain and on an
atomic counter, tuned and with fixed settings; then how long it takes to lose the first
update, over and over; then short scenarios in one session. The floor that the project
holds itself to: 5 million samples a second on two processors, a lost update within a
second in 20 of 20 runs.
"""

from __future__ import annotations

import os
import statistics
import time

import heald
from benchmarks.counters import SOURCE
from heald import Call, Scenario
from heald.native import NativeResult, NativeSession, Settings

FLOOR_PER_S = 5e6
RUNS = 20
INCREMENT, READ = Call("increment"), Call("read")
SCENARIO = Scenario(threads=((INCREMENT,), (INCREMENT,)), after=(READ,))
LOST = ((), (None,), (None,), (1,))


def counter(way: str) -> heald.Subject:
    """Describe a counter incremented in the plain or in the atomic way."""
    return heald.Subject(
        SOURCE.with_name("one_counter.c"),
        state="struct one_counter",
        ops={
            "increment": heald.op("void one_counter_increment(struct one_counter *)"),
            "read": heald.op("long one_counter_read(struct one_counter *)"),
        },
        defines={"ONE_COUNTER_PLAIN": None} if way == "plain" else {},
    )


def line(label: str, result: NativeResult) -> str:
    """One row: rate, lost updates, overlap."""
    lost = result.histogram.get(LOST, 0) / max(1, result.samples)
    return (
        f"{label:34}{result.samples_per_s / 1e6:8.2f} M/s   lost {lost:7.2%}   "
        f"overlap {result.overlap:4.0%}"
    )


def rates(session: NativeSession) -> list[float]:
    """Print samples per second; return those of the tuned runs."""
    tuned = []
    for way in ("plain", "atomic"):
        subject = counter(way)
        for settings in (
            None,
            Settings(stride=1024, layout=1),
            Settings(stride=256, layout=0),
            Settings(stride=64, layout=1, skew=40),
        ):
            result = session.run(
                subject, SCENARIO, seed=1, budget_s=1.0, settings=settings
            )
            print(line(f"{way}, {settings or 'tuned'}"[:33], result))
            if settings is None:
                tuned.append(result.samples_per_s)
    return tuned


def first_losses(session: NativeSession) -> list[float]:
    """Seconds until the first lost update of each run, the power check not counted."""
    seconds = []
    subject = counter("plain")
    for seed in range(RUNS):
        result = session.run(
            subject,
            SCENARIO,
            seed=seed,
            budget_s=5.0,
            stop_when=lambda seen: LOST in seen,
        )
        seconds.append(result.seconds if LOST in result.histogram else float("inf"))
    return seconds


def scenario_cost_ms(session: NativeSession, budget_s: float) -> float:
    """Milliseconds that a scenario takes beyond its budget, the power check included."""
    subject = counter("atomic")
    costs = []
    for seed in range(50):
        began = time.perf_counter()
        session.run(subject, SCENARIO, seed=seed, budget_s=budget_s)
        costs.append(time.perf_counter() - began - budget_s)
    return statistics.median(costs) * 1e3


def main() -> None:
    with NativeSession() as session:
        tuned = rates(session)
        losses = first_losses(session)
        cost = scenario_cost_ms(session, 0.005)
    load, processors = os.getloadavg()[0], len(os.sched_getaffinity(0))
    print(
        f"load average {load:.1f} on {processors} processors: a quiet machine has below 0.5"
    )
    print(
        f"slowest tuned rate {min(tuned) / 1e6:.2f} M/s, "
        f"{min(tuned) / FLOOR_PER_S:.1f} times the floor"
    )
    within = sum(seconds <= 1.0 for seconds in losses)
    print(
        f"first lost update: within 1 s in {within} of {RUNS} runs, "
        f"median {statistics.median(losses) * 1e3:.1f} ms, worst {max(losses) * 1e3:.1f} ms"
    )
    print(f"a scenario of 5 ms costs {cost:.1f} ms more, power check included (median)")


if __name__ == "__main__":
    main()
