"""A parser loaded in a worker process that may die without harm, and asked about inputs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from heald.building.sanitizer_runtime import checked_environment
from heald.parsing.build import build_parser
from heald.parsing.finding import ParserFinding, Status, judged
from heald.parsing.layout import (
    INPUT_LIMIT,
    REPORT_BYTES,
    Report,
    Transcript,
    number_of,
)
from heald.parsing.subject import Parsed, ParserSubject, Record
from heald.verdicts import EngineError, UsageError

ALL_ALIGNMENTS = 0xFF
_START_LIMIT_S = 60.0
_SHOWN_STDERR_BYTES = 4000


@dataclass(frozen=True)
class CaseResult:
    """One input: what the parser said (``None`` where it failed before it could) and why not."""

    parsed: Parsed | None
    finding: ParserFinding | None


@dataclass(frozen=True)
class BulkResult:
    """Generated inputs: how many passed before the first finding, if there was one."""

    passed: int
    finding: ParserFinding | None


class ParserSession:
    """A worker for one parser; a context manager.

    Parameters
    ----------
    subject
        The parser.
    checked
        Built with the address and undefined-behaviour sanitizers.
    time_limit_s
        One call of the parser may use so much processor time, above 0.
    """

    def __init__(
        self, subject: ParserSubject, *, checked: bool = False, time_limit_s: float = 1.0
    ) -> None:
        self.subject = subject
        self.checked = checked
        self._library = build_parser(subject, checked=checked)
        self._time_limit_s = time_limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        self._end_worker()
        self._stderr.close()

    def case(self, data: bytes, *, alignments: int = ALL_ALIGNMENTS) -> CaseResult:
        """Parse one input in every place and hold the answer against the oracle.

        Parameters
        ----------
        data
            At most ``INPUT_LIMIT`` bytes.
        alignments
            Bit k: also at an address that is k modulo 8.
        """
        if len(data) > INPUT_LIMIT:
            raise UsageError(f"an input of {len(data)} bytes; at most {INPUT_LIMIT}")
        # Every place takes one call; each may use up its limit twice over before it is cut.
        # The rest is for a parser that sleeps, and for a machine that is busy.
        limit = 20.0 + 40 * self._time_limit_s
        reply = self._ask(b"C" + bytes([alignments]) + data, limit)
        if reply is None:
            return CaseResult(None, self._worker_finding(data))
        report = Report.unpack(reply)
        if report.status == Status.FORBIDDEN_CALL:
            self._end_worker()  # it may hold a lock of the library that made the call
        if report.status != Status.OK:
            return CaseResult(None, _finding(report, data))
        parsed = self._read(reply[REPORT_BYTES:])
        return CaseResult(parsed, self._against_oracle(data, parsed))

    def bulk(self, *, seed: int, first: int, count: int) -> BulkResult:
        """Run generated inputs ``first`` to ``first + count - 1``, up to the first finding.

        Raises
        ------
        UsageError
            If the subject has no generator in C.
        """
        if self.subject.generator is None:
            raise UsageError(f"{self.subject.name} has no generator: give generator=...")
        request = f"B{seed % 2**64} {first} {count}".encode()
        reply = self._ask(request, 60.0 + 40 * self._time_limit_s + count * 1e-3)
        if reply is None:
            return BulkResult(0, self._worker_finding(b""))
        passed = number_of(reply[:8])
        report = Report.unpack(reply, 8)
        data = reply[8 + REPORT_BYTES :]
        return BulkResult(passed, _finding(report, data) if passed < count else None)

    def _against_oracle(self, data: bytes, parsed: Parsed) -> ParserFinding | None:
        if self.subject.oracle is None:
            return None
        expected = self.subject.oracle(data)
        if expected is None or parsed == expected:
            return None
        message = f"the parser says {_shown(parsed)}; the oracle says {_shown(expected)}"
        return ParserFinding(Status.WRONG, message, data, "everywhere", 0)

    def _read(self, transcript: bytes) -> Parsed:
        said = Transcript(transcript)
        records = []
        for _ in range(said.count):
            record: dict[str, int | bytes] = {}
            for field in self.subject.fields:
                record[field] = said.number()
            for span, _length in self.subject.spans:
                record[span] = said.take(said.number())
            records.append(record)
        records += _emitted(said)
        said.end()
        return Parsed(said.consumed, tuple(records), said.result)

    def _ask(self, request: bytes, limit_s: float) -> bytes | None:
        """Send a request; ``None`` if the worker died or had to be killed."""
        connection = self._connection or self._start_worker()
        try:
            connection.send_bytes(request)
            if connection.poll(limit_s):
                return connection.recv_bytes()
        except (EOFError, OSError):
            pass
        return None

    def _start_worker(self) -> Connection:
        ours, theirs = socket.socketpair()
        self._stderr.seek(0)
        self._stderr.truncate()
        command = [sys.executable, "-m", "heald.parsing.worker", str(self._library)]
        command += [str(theirs.fileno()), str(max(1, int(self._time_limit_s * 1000)))]
        command += ["checked" if self.checked else "plain"]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                env=checked_environment() if self.checked else None,
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        with suppress(EOFError, OSError):
            if self._connection.poll(_START_LIMIT_S):
                self._connection.recv_bytes()
                return self._connection
        said = self._end_worker()[1]
        raise EngineError(f"the worker of {self.subject.name} did not start:\n{said}")

    def _end_worker(self) -> tuple[int, str]:
        """Kill the worker with everything it started; return its exit code and its words."""
        if self._process is None:
            return 0, ""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        code = self._process.poll()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._stderr.seek(0)
        said = self._stderr.read(_SHOWN_STDERR_BYTES).decode(errors="replace")
        self._process = self._connection = None
        return -signal.SIGKILL if code is None else code, said

    def _worker_finding(self, data: bytes) -> ParserFinding:
        hung = self._process is not None and self._process.poll() is None
        code, said = self._end_worker()
        told = [x for x in said.splitlines() if "failed to allocate" not in x]
        if any("runtime error:" in x or "AddressSanitizer" in x for x in told):
            line = next(x for x in told if "rror:" in x or "Sanitizer" in x)
            return ParserFinding(Status.UNDEFINED, line, data, "", 0, said=said)
        if hung and code == -signal.SIGKILL:
            return ParserFinding(
                Status.NO_END, "the worker had to be killed", data, "", 0
            )
        if code == -signal.SIGSYS:
            text = "made a system call that starts a process, with signals blocked"
            return ParserFinding(Status.FORBIDDEN_CALL, text, data, "", 0)
        how = f"died of signal {-code}" if code < 0 else f"ended with exit code {code}"
        return ParserFinding(
            Status.WORKER_DIED, f"the worker {how}: {said.strip()}", data, "", 0
        )


def _emitted(said: Transcript) -> list[dict[str, int | bytes]]:
    """Read what callbacks said; see csrc/parse/emitted.h."""
    emitted: list[dict[str, int | bytes]] = []
    for _ in range(said.number()):
        is_bytes = said.number()
        name = said.take(said.number()).decode(errors="replace")
        value = said.number()
        emitted.append({name: said.take(value) if is_bytes else value})
    return emitted


def _finding(report: Report, data: bytes) -> ParserFinding:
    return judged(
        report.status,
        report.place,
        report.alignment,
        report.signal,
        report.offset,
        data,
        report.at,
    )


def _shown(parsed: Parsed) -> str:
    def value(each: int | bytes) -> str:
        return each[:16].hex(" ") if isinstance(each, bytes) else str(each)

    def record(each: Record) -> str:
        return "{" + ", ".join(f"{name}={value(v)}" for name, v in each.items()) + "}"

    shown = ", ".join(record(each) for each in parsed.records[:3])
    more = f" and {len(parsed.records) - 3} more" if len(parsed.records) > 3 else ""
    return f"[{shown}{more}], {parsed.consumed} bytes consumed, result {parsed.result}"
