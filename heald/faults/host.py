"""A worker process that runs cases of one subject, and is replaced when it dies or hangs.

A transfer under faults may crash, loop for ever or close descriptors that are not its own.
The worker keeps the case under way in shared memory, so every end of it is a finding with
its case, and the run goes on with a new worker.
"""

from __future__ import annotations

import mmap
import os
import re
import select
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from heald.building.engine import engine_path
from heald.building.sanitizer_runtime import checked_environment
from heald.faults.case import (
    ABI,
    CASE_BYTES,
    MOST_STEPS,
    RESULT_BYTES,
    Case,
    Result,
    Sink,
    Source,
    bits_of,
)
from heald.faults.clauses import Clause, explain
from heald.faults.contract import Contract
from heald.faults.stillness import Stillness, look_at
from heald.faults.subject import TransferSubject
from heald.verdicts import EngineError

_PLAN = struct.Struct("=2Q2Q8I8i")
_REQUEST = struct.Struct("=IIQQ")
_BULK = struct.Struct("=6Q")
_SEED = struct.Struct("=Q")
_FAILURE_BYTES = _SEED.size + CASE_BYTES + RESULT_BYTES
_KEPT_FAILURES = 8
_BULK_BYTES = _BULK.size + _KEPT_FAILURES * _FAILURE_BYTES
_RUN, _BULK_COMMAND = 1, 2
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


_DRAWN_SOURCES = frozenset({Source.FILE, Source.PIPE, Source.UNIX})
_DRAWN_SINKS = frozenset({Sink.FILE, Sink.APPEND, Sink.PIPE, Sink.UNIX, Sink.NULL})


def can_draw(contract: Contract) -> bool:
    """Whether there is a pair that the C generator can draw, and a script can act on it."""
    pair = contract.sources & _DRAWN_SOURCES and contract.sinks & _DRAWN_SINKS
    return contract.scripted and contract.is_plain and bool(pair)


def pack_plan(contract: Contract, *, most_steps: int = MOST_STEPS) -> bytes:
    """Return ``struct fault_plan``: what of the contract the C generator can draw."""
    sources = contract.sources & _DRAWN_SOURCES
    sinks = contract.sinks & _DRAWN_SINKS
    flags = contract.offset | contract.nonblocking * 0b110 | contract.shares << 7
    flags |= contract.zeros << 11
    fatal = contract.fatal[:8]
    return _PLAN.pack(
        *bits_of(contract.recovers),
        0,
        0,
        sum(1 << kind for kind in sources),
        sum(1 << kind for kind in sinks),
        flags,
        contract.shape,
        len(fatal),
        most_steps,
        contract.hears_again,
        0,
        *fatal,
        *[0] * (8 - len(fatal)),
    )


class Patience:
    """Tells a hang from a batch that is long: one case has had its time, and no more.

    Parameters
    ----------
    deadline_s
        Seconds that one case may take.
    started
        Cases started so far; 0 for a worker that is only coming up, which gets more time.
    now
        The clock, in seconds.
    """

    #: Looks per deadline: a hang is seen late by no more than one of them.
    LOOKS = 16
    #: What a new worker may take until its first case.
    START_S = 60.0

    def __init__(self, deadline_s: float, started: int, now: float) -> None:
        self.look_after_s = deadline_s / self.LOOKS
        self._deadline_s = deadline_s
        self._started = started
        self._since = now

    def ended(self, started: int, now: float) -> bool:
        """Whether the same case has been under way for the whole deadline."""
        if started != self._started:
            self._started, self._since = started, now
        limit_s = self._deadline_s if started else max(self._deadline_s, self.START_S)
        return now - self._since >= limit_s


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
        self._hung_s = deadline_s
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
        stop: Callable[[], bool] = lambda: False,
    ) -> BulkReport:
        """Run `count` scripted cases that C draws from `seed`, `seed` + 1, ...

        Parameters
        ----------
        seconds
            Stop after about so long, if given.
        stop
            Asked after every some thousand cases.
        """
        report, begin = BulkReport(), time.monotonic()
        # A batch cannot be broken off: with little time the first ones are small.
        batch = _BULK_BATCH if seconds is None else _BATCH
        while report.ran < count:
            part = min(batch, count - report.ran)
            batch = min(2 * batch, _BULK_BATCH)
            self._bulk_batch(seed + report.ran, part, report)
            report.seconds = time.monotonic() - begin
            if stop() or (seconds is not None and report.seconds >= seconds):
                break
        return report

    def _run_batch(self, cases: Sequence[Case], stop_at_failure: bool) -> list[Ran]:
        process = self._start()
        head = _REQUEST.pack(ABI, _RUN, 0, len(cases)) + pack_plan(self.subject.contract)
        self._send(process, head + b"".join(case.pack() for case in cases))
        done: list[Ran] = []
        for case in cases:
            record = self._receive(process, RESULT_BYTES)
            if record is None:
                return [*done, self._lost(case)]
            result = self.subject.contract.excused(case, Result.unpack(record))
            done.append(Ran(case, result, checked=self._checked))
            if stop_at_failure and done[-1].broken:
                if len(done) < len(cases):
                    self.close()  # the rest of the batch is under way
                break
        return done

    def _bulk_batch(self, seed: int, count: int, report: BulkReport) -> None:
        process = self._start()
        before = self._started()
        head = _REQUEST.pack(ABI, _BULK_COMMAND, seed, count)
        self._send(process, head + pack_plan(self.subject.contract))
        record = self._receive(process, _BULK_BYTES)
        if record is None:
            ran = max(1, self._started() - before)
            lost = self._lost(self._recorded())
            report.ran += ran
            report.failed += 1
            failure = Ran(lost.case, None, lost.lost, lost.detail, seed + ran - 1)
            report.failures.append(failure)
            return
        ran, calls, steps, moved, failed, kept = _BULK.unpack_from(record)
        report.ran += ran
        report.calls += calls
        report.steps += steps
        report.moved += moved
        report.failed += failed
        for i in range(kept):
            report.failures.append(_read_failure(record, _BULK.size + i * _FAILURE_BYTES))

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        shared = os.memfd_create("heald-recorder")
        os.ftruncate(shared, 8 + CASE_BYTES)
        self._shared = mmap.mmap(shared, 8 + CASE_BYTES)
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
        return int.from_bytes(self._shared[:8], "little")

    def _recorded(self) -> Case:
        assert self._shared is not None
        return Case.unpack(self._shared[8:])

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
                if rests or patience.ended(started, now):
                    process.kill()
                    self._hung = True
                    self._hung_s = (rests and self.still_s) or self.deadline_s
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
            self._hung, self._hung_s = True, self.deadline_s
        if self._hung:
            self.close()
            detail = f"hang: no return and no byte moved within {self._hung_s:g} s"
            return Ran(case, None, Clause.HANG, detail, checked=self._checked)
        words = process.stderr.read().decode(errors="replace") if process.stderr else ""
        if self._started() == 0:
            self.close()
            raise EngineError(
                f"the fault host ended with {code} at once: {words.strip()}"
            )
        self.close()
        fate = f"died of {signal.Signals(-code).name}" if code < 0 else f"exit({code})"
        detail = f"crash: {_reported(words) or fate}"
        return Ran(case, None, Clause.CRASH, detail, checked=self._checked)


#: A frame of a sanitizer's report: its function and its place.
_FRAME = re.compile(r"#\d+ 0x\w+ in (\w+) (\S+:\d+)")


def _reported(words: str) -> str:
    """Return what a sanitizer, or else the program itself, says was wrong, and where."""
    lines = words.strip().splitlines()
    for line in lines:
        if "runtime error:" in line:
            return line.strip()[:300]
        if "ERROR: AddressSanitizer: " in line:
            kind = line.partition("ERROR: ")[2].partition(" on ")[0]
            return f"{kind}{_first_own_frame(words)}"[:300]
    return lines[0].strip()[:200] if lines else ""


def _first_own_frame(words: str) -> str:
    """Name the innermost function that is neither the sanitizer's nor the shim's."""
    for function, place in _FRAME.findall(words):
        if not function.startswith("__"):
            return f" in {function} {place}"
    return ""


def _read_failure(record: bytes, at: int) -> Ran:
    (seed,) = _SEED.unpack_from(record, at)
    at += _SEED.size
    case = Case.unpack(record[at : at + CASE_BYTES])
    at += CASE_BYTES
    return Ran(case, Result.unpack(record[at : at + RESULT_BYTES]), seed=seed)
