"""A whole program on real threads at full speed, run again and again.

Each run is a process of its own, confined like a subject's (csrc/stress/driver/program_runs.c).
First a program with a known race runs in the same way: a machine that does not show that one
would not have shown another.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.build import Unit, compile
from heald.building.compilers import Compiler, find_compiler
from heald.building.engine import engine_include, engine_sources
from heald.building.flavours import NATIVE
from heald.building.rust.named import is_rust
from heald.kinds import CRASH, HANG
from heald.verdicts import EngineError

_WRAPPED = ("main", "pthread_create", "pthread_join", "thrd_create", "thrd_join")
_LATE_S = 30.0
_LIMIT_S = 10.0
_LINK_PREFIXES = ("-l", "-L", "-Wl,")


@dataclass(frozen=True)
class ProgramRuns:
    """What came of it.

    Attributes
    ----------
    runs
        In all, the failing one included; 0: the first one was not over in time.
    kind, message
        Of the run that failed; empty: none did.
    """

    runs: int
    kind: str = ""
    message: str = ""


class NativeProgram:
    """A program that is run on real threads."""

    def __init__(
        self,
        sources: Sequence[str | Path],
        cflags: Sequence[str],
        compiler: Compiler | None = None,
    ) -> None:
        links = [*_runs(), *(f"-Wl,--wrap={name}" for name in _WRAPPED)]
        if is_rust(list(map(str, sources))):
            from heald.building.rust.native import native_program

            self.path = native_program(str(sources[0]), cflags, links)
            return
        compiler = compiler or find_compiler()
        is_cxx = compiler.command[0].endswith("++")
        self.path = compile(
            list(sources),
            flavour=NATIVE,
            kind="executable",
            compiler=compiler,
            cflags=[
                f"-I{engine_include()}",
                *(each for each in cflags if not each.startswith(_LINK_PREFIXES)),
            ],
            ldflags=[
                *links,
                *(("-static-libstdc++",) if is_cxx else ()),
                *(each for each in cflags if each.startswith(_LINK_PREFIXES)),
            ],
        )

    def run(self, arguments: Sequence[str], seconds: float) -> ProgramRuns:
        """Run it until a run fails or time is over.

        Raises
        ------
        EngineError
            If the runs could not be made.
        """
        limit_s = min(_LIMIT_S, max(1.0, seconds))
        process = subprocess.Popen(
            [self.path, *arguments],
            env={
                **os.environ,
                "HEALD_RUNS": f"{seconds * 1000:.0f} {limit_s * 1000:.0f}",
                "RUST_BACKTRACE": "0",  # a panic's own words come last
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds + limit_s + _LATE_S)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        return _read(output.decode(errors="replace"), limit_s)


def _runs() -> list[str]:
    """Return the objects that run a program again and again."""
    folder = engine_sources() / "stress"
    cflags = ["-std=gnu11", f"-I{folder}", f"-I{engine_include()}"]
    ours = [folder / "driver" / "program_runs.c", folder / "confine.c"]
    return [str(compile([Unit(source)], kind="object", cflags=cflags)) for source in ours]


def shows_a_known_race(compiler: Compiler, seconds: float) -> int:
    """Return how many runs it took until a known race showed itself; 0: it did not."""
    source = engine_sources() / "stress" / "driver" / "known_race.c"
    result = NativeProgram([source], [], compiler).run([], seconds)
    return result.runs if result.kind else 0


def _read(text: str, limit_s: float) -> ProgramRuns:
    first, _, words = text.partition("\n")
    try:
        runs, how, number = first.split()
        count, value = int(runs), int(number)
    except ValueError:
        raise EngineError(f"runs on real threads ended with {text!r}") from None
    if how in ("ok", "slow"):
        return ProgramRuns(count)
    kind, told = HANG, f"it was still running after {limit_s:g} s"
    if how == "signal":
        name = signal.Signals(value).name if value in list(signal.Signals) else str(value)
        kind, told = ("abort" if name == "SIGABRT" else CRASH), name
    elif how == "status":
        kind, told = "exit status", f"it ended with exit status {value}"
    last = "; ".join(line.strip() for line in words.strip().splitlines()[-3:])
    return ProgramRuns(
        count,
        kind,
        f"{told} in run {count:,} on real threads" + (f": {last}" * bool(last)),
    )
