"""A worker process that runs cases of one subject, and is replaced when it dies or hangs.

A transfer under faults may crash, loop for ever or close descriptors that are not its own.
The worker keeps the case under way in shared memory, so every end of it is a finding with
its case, and the run goes on with a new worker.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from heald.building.engine import engine_path
from heald.building.sanitizer_runtime import checked_environment
from heald.faults.case import Case, Result
from heald.faults.clauses import Clause, explain
from heald.faults.patience import Patience
from heald.faults.records import (
    case_of,
    pack_case,
    pack_request,
    read,
    result_of,
    size_of,
)
from heald.faults.reported import reported
from heald.faults.stillness import Stillness, look_at
from heald.faults.subject import TransferSubject
from heald.verdicts import EngineError

#: Cases in flight: their bytes and those of their results fit into the two pipes.
_BATCH = 100
_BULK_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Ran:
    """One case and its end: a result, or the way in which the worker was lost.

    ``checked`` says that it ran under the sanitizers, as its replay must.
    """

    case: Case
    result: Result | None
    lost: Clause | None = None
    detail: str = ""
    seed: int | None = None
    checked: bool = False

    @property
    def broken(self) -> Clause:
        """All broken clauses; nothing broken is false."""
        return Clause(self.result.broken if self.result else self.lost or 0)

    def explain(self) -> list[str]:
        """Say what was seen, one line a clause."""
        if self.result is not None:
            return explain(self.case, self.result)
        return [self.detail]


@dataclass(slots=True)
class BulkReport:
    """Counts of a bulk run, and the first failures as cases to run again."""

    ran: int = 0
    calls: int = 0
    steps: int = 0
    moved: int = 0
    failed: int = 0
    failures: list[Ran] = field(default_factory=list)
    seconds: float = 0.0


#: What its filter refuses; see csrc/faults/confine.h.
_FORBIDDEN = (
    "made a system call that starts a process, or signals another one, "
    "or changes whose this one is"
)


class Host:
    """Runs cases of one subject in a process of its own.

    Parameters
    ----------
    subject
        Compiled on first use.
    wrapped
        Whether the script acts (linked with the shim) or only the real kernel does.
    checked
        Whether the subject runs under the address and undefined-behaviour sanitizers.
    deadline_s
        A case that takes longer is a hang: the worker is killed and the run goes on.
    still_s
        So is one that has moved no byte for so long, though it had every chance to; ``None``
        leaves it to the deadline.
    """

    def __init__(
        self,
        subject: TransferSubject,
        *,
        wrapped: bool = True,
        checked: bool = False,
        deadline_s: float = 20.0,
        still_s: float | None = None,
    ) -> None:
        self.subject = subject
        self.deadline_s = deadline_s
        self.still_s = still_s
        self._rested = False
        self._checked = checked
        self._library = subject.build(wrapped=wrapped, checked=checked)
        self._process: subprocess.Popen[bytes] | None = None
        self._shared: mmap.mmap | None = None
        self._hung = False

    def __enter__(self) -> Host:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The worker's process; started if there is none."""
        return self._start().pid

    def close(self) -> None:
        """End the worker; a later call starts a new one."""
        process, self._process = self._process, None
        self._hung = False
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.close()

    def run(self, cases: Iterable[Case], *, stop_at_failure: bool = False) -> list[Ran]:
        """Run cases one after the other; a lost worker costs only the case it was at.

        Parameters
        ----------
        stop_at_failure
            Leave out what comes after the first failure.
        """
        waiting, done = list(cases), list[Ran]()
        while waiting:
            batch = waiting[:_BATCH]
            ran = self._run_batch(batch, stop_at_failure)
            done += ran
            if stop_at_failure and ran[-1].broken:
                break
            del waiting[: len(ran)]
        return done

    def run_one(self, case: Case) -> Ran:
        """Run one case."""
        return self.run([case])[0]

    def bulk(
        self,
        seed: int,
        count: int,
        *,
        seconds: float | None = None,
        stop: Callable[[BulkReport], bool] = lambda _: False,
    ) -> BulkReport:
        """Run `count` scripted cases that C draws from `seed`, `seed` + 1, ...

        Parameters
        ----------
        seconds
            Stop after about so long, if given.
        stop
            Asked after every some thousand cases, with what there is.
        """
        report, begin = BulkReport(), time.monotonic()
        # A batch cannot be broken off: with little time the first ones are small.
        batch = _BULK_BATCH if seconds is None else _BATCH
        while report.ran < count:
            part = min(batch, count - report.ran)
            batch = min(2 * batch, _BULK_BATCH)
            self._bulk_batch(seed + report.ran, part, report)
            report.seconds = time.monotonic() - begin
            if stop(report) or (seconds is not None and report.seconds >= seconds):
                break
        return report

    def _run_batch(self, cases: Sequence[Case], stop_at_failure: bool) -> list[Ran]:
        process = self._start()
        head = pack_request("RUN", self.subject.contract, count=len(cases))
        self._send(process, head + b"".join(map(pack_case, cases)))
        done: list[Ran] = []
        for case in cases:
            record = self._receive(process, size_of("fault_result"))
            if record is None:
                return [*done, self._lost(case)]
            result = self.subject.contract.excused(
                case, result_of(read("fault_result", record))
            )
            done.append(Ran(case, result, checked=self._checked))
            if stop_at_failure and done[-1].broken:
                if len(done) < len(cases):
                    self.close()  # the rest of the batch is under way
                break
        return done

    def _bulk_batch(self, seed: int, count: int, report: BulkReport) -> None:
        process = self._start()
        before = self._started()
        contract = self.subject.contract
        self._send(process, pack_request("BULK", contract, seed=seed, count=count))
        record = self._receive(process, size_of("fault_bulk"))
        if record is None:
            ran = max(1, self._started() - before)
            lost = self._lost(self._recorded())
            report.ran += ran
            report.failed += 1
            failure = Ran(lost.case, None, lost.lost, lost.detail, seed + ran - 1)
            report.failures.append(failure)
            return
        bulk = read("fault_bulk", record)
        report.ran += bulk.ran
        report.calls += bulk.calls
        report.steps += bulk.steps
        report.moved += bulk.moved
        report.failed += bulk.failed
        for i in range(bulk.kept):
            failure = bulk.failures[i]
            case, result = case_of(failure.the_case), result_of(failure.result)
            report.failures.append(Ran(case, result, seed=failure.seed))

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        shared = os.memfd_create("heald-recorder")
        os.ftruncate(shared, size_of("fault_recorder"))
        self._shared = mmap.mmap(shared, size_of("fault_recorder"))
        try:
            self._process = subprocess.Popen(
                [
                    str(engine_path("faults")),
                    str(self._library),
                    self.subject.entry,
                    str(shared),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(shared,),
                bufsize=0,
                env=checked_environment() if self._checked else None,
            )
        finally:
            os.close(shared)
        return self._process

    def _started(self) -> int:
        assert self._shared is not None
        return int(read("fault_recorder", self._shared[:]).started)

    def _recorded(self) -> Case:
        assert self._shared is not None
        return case_of(read("fault_recorder", self._shared[:]).the_case)

    def _send(self, process: subprocess.Popen[bytes], data: bytes) -> None:
        assert process.stdin is not None
        view = memoryview(data)
        try:
            while view:
                view = view[process.stdin.write(view) or 0 :]
        except BrokenPipeError:
            pass  # the worker is gone; _receive finds out how

    def _receive(self, process: subprocess.Popen[bytes], size: int) -> bytes | None:
        """Read `size` bytes, or return None when the worker died or made no progress."""
        assert process.stdout is not None
        data = bytearray()
        patience = Patience(self.deadline_s, self._started(), time.monotonic())
        still = Stillness(self.still_s or self.deadline_s)
        look_after_s = min(patience.look_after_s, (self.still_s or 60.0) / 8)
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        while len(data) < size:
            if not poll.poll(look_after_s * 1000):
                now, started = time.monotonic(), self._started()
                rests = (
                    self.still_s is not None
                    and started > 0
                    and still.is_still(now, look_at(process.pid))
                )
                moving = self.still_s is not None and still.moved_lately(now)
                if rests or patience.ended(started, now, moving=moving):
                    process.kill()
                    self._hung, self._rested = True, rests
                    return None
                continue
            part = process.stdout.read(size - len(data))
            if not part:
                return None
            data += part
        return bytes(data)

    def _lost(self, case: Case) -> Ran:
        """Bury the worker and say how it went."""
        process = self._process
        assert process is not None
        try:
            # It was killed, or its end is closed, and that is so when it is gone.
            code = process.wait(timeout=Patience.START_S)
        except subprocess.TimeoutExpired:  # the subject has closed what is not its own
            self._hung, self._rested = True, False
        if self._hung:
            self.close()
            detail = f"hang: no return within {self.deadline_s:g} s"
            if self._rested:
                detail = f"hang: no return and no byte moved within {self.still_s:g} s"
            return Ran(case, None, Clause.HANG, detail, checked=self._checked)
        words = process.stderr.read().decode(errors="replace") if process.stderr else ""
        started = self._started() > 0
        if not started and code >= 0:
            self.close()
            raise EngineError(
                f"the fault host ended with {code} at once: {words.strip()}"
            )
        self.close()
        fate = f"died of {signal.Signals(-code).name}" if code < 0 else f"exit({code})"
        detail = f"crash: {reported(words) or fate}"
        if code == -signal.SIGSYS:
            detail = f"crash: {_FORBIDDEN}"
        if not started:
            detail += ", when it was loaded"
        return Ran(case, None, Clause.CRASH, detail, checked=self._checked)
