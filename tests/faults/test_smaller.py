"""What a campaign tells of a transfer's failure is small, and shows what was done to it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget
from heald.faults.case import Action, Case, Result, Step
from heald.faults.clauses import Clause
from heald.faults.host import Ran
from heald.faults.smaller import smaller

ONE_CALL = """
#include <sys/sendfile.h>
#include <sys/types.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved);
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""
STEPS = (Step(Action.PASS), Step(Action.CAP, 700), Step(Action.ERRNO, 4))
BIG = Case(size=90_000, start=5_000, count=80_000, chunk=9, steps=STEPS, offset=True)


@pytest.mark.slow
def test_failures_of_a_slice_are_small_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "mine.c"
    file.write_text(ONE_CALL)
    files = frozenset({Source.FILE})
    contract = Contract(sources=files, sinks=frozenset({Sink.PIPE, Sink.UNIX}))
    target = TransferTarget(
        TransferSubject("mine", file, entry="move", contract=contract)
    )
    result = target.run_slice(seconds=4.0, seed=3, stop=threading.Event())
    (short,) = (each for each in result.findings if each.kind == "short transfer")
    case = Case.from_json(short.detail["case"])
    assert case.count <= 1000
    assert len(case.steps) == 1
    assert short.detail["shown"][0].startswith("sendfile(")
    again = target.replay_slice(short, seconds=4.0, seed=1, stop=threading.Event())
    assert [each.kind for each in again.findings] == ["short transfer"]


def _ran(case: Case, broken: Clause) -> Ran:
    numbers = dict.fromkeys(Result.__dataclass_fields__, 0)
    return Ran(case, replace(Result(**numbers), broken=int(broken), log=()))  # type: ignore[arg-type]


def test_what_does_not_matter_is_left_out() -> None:
    def ask(case: Case) -> Ran:
        wrong = any(step.action is Action.CAP for step in case.steps) and case.count > 100
        return _ran(case, Clause.SHORT if wrong else Clause(0))

    made = smaller(_ran(BIG, Clause.SHORT), ask, whole=False, seconds=20.0)
    assert made.case.steps == (Step(Action.CAP, 1),)
    assert 100 < made.case.count <= 200
    assert (made.case.start, made.case.chunk, made.case.offset) == (0, 0, True)


def test_another_broken_promise_is_another_failure() -> None:
    def ask(case: Case) -> Ran:
        return _ran(case, Clause.BYTES if case.count < 80_000 else Clause.SHORT)

    made = smaller(_ran(BIG, Clause.SHORT), ask, whole=False, seconds=20.0)
    assert made.case.count == 80_000


def test_case_that_fails_by_chance_is_kept() -> None:
    failed = _ran(BIG, Clause.SHORT)
    assert (
        smaller(failed, lambda case: _ran(case, Clause(0)), whole=False, seconds=9.0)
        is failed
    )
    hung = Ran(BIG, None, lost=Clause.HANG)
    assert smaller(hung, lambda case: hung, whole=False, seconds=9.0) is hung


def test_transfer_of_all_that_there_is_stays_one() -> None:
    asked: list[Case] = []

    def ask(case: Case) -> Ran:
        asked.append(case)
        return _ran(case, Clause.SHORT)

    whole = Case(size=5000, count=5000, steps=STEPS)
    made = smaller(_ran(whole, Clause.SHORT), ask, whole=True, seconds=20.0)
    assert all((each.start, each.size) == (0, each.count) for each in asked)
    assert made.case.count == 1
