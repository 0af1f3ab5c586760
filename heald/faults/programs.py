"""Any unmodified program under short and interrupted calls: ``heald faults -- cp A B``.

The program runs twice as it is, and then again and again with its zero-copy calls cut short, and
with its reads and writes. What it gives must be the same each time: exit status, standard output,
and every file that its arguments name. Then one read or write fails: it must say so by its exit
status, or give the same all the same. Before each run those files are put back as they were.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from heald.faults.foreign import Shortened, run_shortened
from heald.verdicts import UsageError, Verdict

#: Most bytes of a call, and every how many calls one is interrupted (0: none).
ROUNDS = ((65536, 0), (4096, 0), (1000, 0), (1000, 3), (77, 0), (4096, 2))
#: The same for reads and writes of a few bytes, and of many.
COPY_ROUNDS = (4096, 1000, 77)
#: Above so many bytes of files no call is cut to 77.
FEW_BYTES = 2 << 20
#: Which read or write fails.
FAILING = (1, 2, 7)
#: Files are kept in memory from run to run.
MOST_BYTES = 256 << 20
#: The calls that are cut.
CALLS = (
    "sendfile, splice, tee, vmsplice, copy_file_range; reads and writes (also of vectors "
    "and messages) of pipes, sockets and files it is given"
)


@dataclass(frozen=True)
class Gave:
    """What one run of the program gave: digests stand for bytes, None for no file."""

    status: int
    stdout: str
    files: dict[str, str | None]

    def differences(self, other: Gave) -> list[str]:
        """Say what `other` has that is not the same, one line each."""
        said = []
        if self.status != other.status:
            said.append(f"exit status {other.status}, and {self.status} as it is")
        if self.stdout != other.stdout:
            said.append("standard output has other bytes")
        for name, digest in self.files.items():
            there = other.files.get(name)
            if digest != there:
                said.append(f"{name}: {_what(digest, there)}")
        return said


@dataclass
class ProgramReport:
    """What the program's runs under faults showed."""

    command: list[str]
    calls: int = 0
    shortened: int = 0
    interrupted: int = 0
    failed: int = 0
    runs: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Untrustworthy where no call could be cut: nothing was shown then."""
        if self.failures:
            return Verdict.FAILED
        shown = self.shortened or self.failed
        return Verdict.PASSED if shown else Verdict.UNTRUSTWORTHY

    def count(self, ran: Shortened) -> None:
        """Add what was done to the calls of one run."""
        self.calls += ran.calls
        self.shortened += ran.shortened
        self.interrupted += ran.interrupted
        self.failed += ran.failed

    def add(self, fault: _Fault, differences: list[str]) -> None:
        """Add a run that gave something else."""
        self.failures.append(
            {
                "calls": "reads, writes and zero-copy calls" if fault.copies else "calls",
                "most": fault.most,
                "signals": fault.signals,
                "differences": differences,
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald faults --json -- PROGRAM`` prints."""
        return {"verdict": self.verdict.value, **vars(self)}

    def told(self) -> list[dict[str, Any]]:
        """Return each failure as a message, and what was not the same."""
        return [
            {
                "message": f"{failure['calls']} of at most {failure['most']} bytes, "
                f"{failure['signals']}",
                "told": ["\n".join(failure["differences"])],
            }
            for failure in self.failures
        ]

    def text(self) -> str:
        """Say it in lines for people."""
        head = (
            f"{self.verdict.value}: {self.runs} runs of {' '.join(self.command)}; of "
            f"{self.calls:,} calls {self.shortened:,} came back short, "
            f"{self.interrupted:,} interrupted, {self.failed:,} failed"
        )
        if self.verdict is Verdict.UNTRUSTWORTHY:
            head += f"; it makes no call that can be cut ({CALLS})"
        lines = [head]
        for failure, told in zip(self.failures, self.told(), strict=True):
            lines.append(f"{told['message']}:")
            lines += [f"  {line}" for line in failure["differences"]]
        return "\n".join(lines)


def check_program(command: Sequence[str], *, timeout_s: float = 60.0) -> ProgramReport:
    """Run a program as it is, and under faults.

    Parameters
    ----------
    timeout_s
        Longest run; under faults ten times as long.

    Raises
    ------
    UsageError
        If it does not run, or gives another result each time without any fault.
    """
    before = _contents(command[1:])
    plain = _plainly(command, before, timeout_s)
    again = _plainly(command, before, timeout_s)
    after = {name: _content(Path(name)) for name in before}
    if plain.differences(again):
        raise UsageError(
            f"{command[0]} gives another result each time, without any fault: "
            + "; ".join(plain.differences(again))
        )
    report = ProgramReport(list(command))
    for fault in _faults(sum(len(each or b"") for each in before.values())):
        _restore(before)
        report.runs += 1
        try:
            ran = run_shortened(
                command,
                most=fault.most,
                interrupt=fault.interrupt,
                copies=fault.copies,
                fail=fault.fail,
                timeout_s=10 * timeout_s,
            )
        except subprocess.TimeoutExpired:
            report.add(fault, [f"still running after {10 * timeout_s:g} s"])
            continue
        report.count(ran)
        gave = Gave(ran.returncode, _digest(ran.stdout), _digests(before))
        differences = plain.differences(gave)
        if ran.failed and ran.returncode != 0:
            continue  # it failed, and it says so
        if differences and ran.failed:
            differences.insert(0, "the exit status says that all went well")
        if differences:
            said = ran.stderr.decode(errors="replace").strip().splitlines()[:3]
            report.add(fault, [*differences, *(f"it says: {line}" for line in said)])
    _restore(after)  # as if it had run as it is
    return report


@dataclass(frozen=True)
class _Fault:
    """What is done in one run."""

    most: int
    interrupt: int = 0
    copies: bool = False
    fail: tuple[Literal["read", "write"], int] | None = None

    @property
    def signals(self) -> str:
        if self.fail is not None:
            error = "EIO" if self.fail[0] == "read" else "ENOSPC"
            return f"{self.fail[0]} number {self.fail[1]} fails with {error}"
        return (
            f"one in {self.interrupt} interrupted"
            if self.interrupt
            else "none interrupted"
        )


def _faults(size: int) -> Iterator[_Fault]:
    for most, interrupt in ROUNDS:
        yield _Fault(most, interrupt)
    for most in COPY_ROUNDS:
        if size <= FEW_BYTES or most > 1000:
            yield _Fault(most, copies=True)
    for at in FAILING:
        yield _Fault(4096, copies=True, fail=("read", at))
        yield _Fault(4096, copies=True, fail=("write", at))


def _plainly(
    command: Sequence[str], before: dict[str, bytes | None], timeout_s: float
) -> Gave:
    _restore(before)
    try:
        done = subprocess.run(
            list(command), capture_output=True, check=False, timeout=timeout_s
        )
    except OSError as error:
        raise UsageError(f"cannot run {command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{command[0]} runs for more than {timeout_s:g} s") from error
    return Gave(done.returncode, _digest(done.stdout), _digests(before))


def _contents(arguments: Sequence[str]) -> dict[str, bytes | None]:
    """Read the files that the arguments name; None for one that is not there (yet)."""
    found: dict[str, bytes | None] = {}
    total = 0
    values = [name.partition("=")[2] for name in arguments]  # dd if=FILE, --output=FILE
    options = [name for name in arguments if name.startswith("-")]
    for name in dict.fromkeys([*arguments, *values]):
        path = Path(name)
        if not name or name in options or "\0" in name or not _can_be_a_path(path):
            continue
        if path.is_file():
            total += path.stat().st_size
            if total > MOST_BYTES:
                raise UsageError(
                    f"the files that it is given are above {MOST_BYTES} bytes"
                )
            found[name] = _read(path)
        elif not path.exists() and path.parent.is_dir():
            found[name] = None
    return found


def _can_be_a_path(path: Path) -> bool:
    """Whether the system can say what it is: not of a text that is too long, say."""
    try:
        path.is_file()
    except OSError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _restore(contents: dict[str, bytes | None]) -> None:
    for name, content in contents.items():
        path = Path(name)
        if content is None:
            if path.is_file():
                path.unlink()
        elif not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def _digests(contents: dict[str, bytes | None]) -> dict[str, str | None]:
    return {
        name: _digest(Path(name).read_bytes()) if Path(name).is_file() else None
        for name in contents
    }


def _digest(content: bytes) -> str:
    return f"{len(content)} bytes, {hashlib.sha256(content).hexdigest()[:16]}"


def _what(expected: str | None, seen: str | None) -> str:
    return f"{seen or 'no file'}; {expected or 'no file'} as it is"
