"""Running a method's cases on a subject: the loop that campaigns, matrix and tests share."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from heald.faults.case import Case
from heald.faults.choose import Seeded
from heald.faults.clauses import KINDS, Clause, clauses_of
from heald.faults.host import Host, Ran
from heald.faults.methods import Method
from heald.faults.subject import TransferSubject
from heald.verdicts import EngineError

_BATCH = 20
#: Methods whose cases cost more move more than the kernel may tell of: by splice, say.
_MOVES_MUCH_MS = 100
#: A last byte counts as late if it is so every time: once and as often again. A flaw is late
#: whenever it is asked; a reader that got no processor is not.
LATE_AGAIN = 6


@dataclass(slots=True)
class MethodReport:
    """What one method saw of one subject.

    ``unseen`` counts cases that do not apply and are none of ``ran``: their script acts at
    calls that the subject does not make. ``intercepted`` counts those that it does make.
    """

    method: str
    ran: int = 0
    seconds: float = 0.0
    failures: list[Ran] = field(default_factory=list)
    first_failure: int | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    unseen: int = 0
    intercepted: int = 0


def cases_of(
    method: Method, subject: TransferSubject, seed: int, count: int
) -> Iterator[Case]:
    """Draw `count` cases from `seed`; fewer (none) where the contract has no place for them."""
    for i in range(count):
        case = method.draw(Seeded(seed * 1_000_003 + i), subject.contract)
        if case is None:
            return
        if subject.contract.blocking:
            case = case.with_(nonblock_out=False, nonblock_in=False)
        if subject.contract.always_offset:
            case = case.with_(offset=True)
        yield case


def check(
    subject: TransferSubject,
    method: Method,
    *,
    seed: int,
    count: int,
    seconds: float | None = None,
    stop_at_failure: bool = False,
    deadline_s: float = 20.0,
    still_s: float | None = None,
) -> MethodReport:
    """Run up to `count` cases of one method in a worker of their own.

    Parameters
    ----------
    seconds
        End after about so long, if given.
    stop_at_failure
        One failure is enough (for flawed variants).
    deadline_s, still_s
        When a case is a hang: see ``Host``.

    Raises
    ------
    EngineError
        If a fixture of ours failed: that says nothing about the subject.
    """
    report, begin = MethodReport(method.name), time.monotonic()
    with Host(
        subject,
        wrapped=method.wrapped,
        checked=method.checked,
        deadline_s=deadline_s,
        still_s=None if method.cost_ms > _MOVES_MUCH_MS else still_s,
    ) as host:
        batch_size = 1 if method.cost_ms > 20 else _BATCH
        for batch in _batches(cases_of(method, subject, seed, count), batch_size):
            results = host.run(batch, stop_at_failure=stop_at_failure)
            _add(report, [_confirmed(host, ran) for ran in results])
            report.seconds = time.monotonic() - begin
            if stop_at_failure and report.failures:
                break
            if report.unseen > _BATCH and not report.intercepted:
                break
            if seconds is not None and report.seconds > seconds:
                break
    if report.unseen and not (report.intercepted or report.failures):
        report.ran, report.outcomes = 0, {}  # what moved nothing is no case either
    return report


def _confirmed(host: Host, ran: Ran) -> Ran:
    """Ask again where only time was wrong: a reader that got no processor is late, once."""
    for _ in range(LATE_AGAIN):
        if ran.broken != Clause.TAIL:
            break
        ran = host.run_one(ran.case)
    return ran


def _add(report: MethodReport, results: Iterable[Ran]) -> None:
    for ran in results:
        if ran.broken == Clause.UNSEEN:
            report.unseen += 1
            continue
        report.ran += 1
        report.intercepted += ran.result.calls if ran.result is not None else 0
        if ran.broken & Clause.ENGINE:
            raise EngineError(f"{ran.case}: {ran.explain()}")
        kinds = [KINDS[clause] for clause in clauses_of(ran.broken)]
        outcome = ", ".join(kinds) or _ending(ran)
        report.outcomes[outcome] = report.outcomes.get(outcome, 0) + 1
        if ran.broken:
            if report.first_failure is None:
                report.first_failure = report.ran
            report.failures.append(ran)


def _ending(ran: Ran) -> str:
    assert ran.result is not None
    if ran.result.result != 0:
        return f"errno {ran.result.error}"
    return "complete" if ran.result.moved == ran.case.wanted else "source ended"


def _batches(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    batch: list[Case] = []
    for case in cases:
        batch.append(case)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
