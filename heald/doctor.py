"""What this machine can do, what it cannot, and how to get what is missing.

Every check says what it looked at, so that a wrong answer can be argued with. Only what is
*required* makes ``heald doctor`` fail; the rest costs a feature, and the text says which.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heald.building.cache import cache_directory
from heald.building.engine import engine_path, engine_sources
from heald.building.engine_parts import PARTS, compiler_command, sources_of
from heald.topology import this_machine
from heald.verdicts import HealdError

_AT_HWCAP2 = 26
_HWCAP2_FSGSBASE = 2


@dataclass(frozen=True)
class Check:
    """One fact about the machine.

    Attributes
    ----------
    state
        ``"ok"``, ``"limited"`` (works, with a cost), ``"missing"`` (a feature is off).
    seen
        What was found.
    remedy
        What it costs and what to do; empty if all is well.
    required
        Nothing works without it.
    """

    name: str
    state: str
    seen: str
    remedy: str = ""
    required: bool = False


def examine() -> Iterator[Check]:
    """Yield all checks, the required ones first. Takes about two seconds."""
    yield _python()
    yield from _compilers()
    yield _sanitizers()
    yield _cache()
    yield from _engine()
    yield _processors()
    yield _cpu_quota()
    yield _virtual()
    yield _wide_atomics()
    yield _fsgsbase()
    yield _perf()
    yield _seccomp()
    yield _io_uring()


def _python() -> Check:
    # pip refuses to install heald for an older one, so there is nothing to compare.
    return Check("python", "ok", sys.version.split()[0], required=True)


def _compilers() -> Iterator[Check]:
    command = compiler_command()
    remedy = "apt install gcc libc6-dev, or name your compiler in CC"
    yield _compiler("C compiler", command, remedy, required=True)
    if Path(command[0]).name != "clang":
        costs = "optional: checks with a second compiler are skipped; apt install clang"
        yield _compiler("clang", ["clang"], costs, required=False)


def _compiler(name: str, command: list[str], remedy: str, *, required: bool) -> Check:
    version = _first_line([*command, "--version"])
    if version is None:
        seen = f"{command[0]} is not on PATH"
        return Check(name, "missing", seen, remedy, required=required)
    if not _compiles(command, []):
        seen = f"{version}, which cannot compile and link an empty program"
        return Check(name, "missing", seen, "apt install libc6-dev", required=required)
    return Check(name, "ok", version, required=required)


def _sanitizers() -> Check:
    flags = ["-fsanitize=address,undefined"]
    if _compiles(compiler_command(), flags):
        return Check("sanitizers", "ok", " ".join(flags))
    remedy = (
        "checked builds of parsers and transfers are off; gcc brings them on Debian and "
        "Ubuntu (libasan, libubsan), clang needs libclang-rt-dev"
    )
    return Check("sanitizers", "missing", f"{flags[0]} does not link", remedy)


def _compiles(command: list[str], flags: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "empty.c"
        source.write_text("#include <stdio.h>\nint main(void) { return 0; }\n")
        full = [*command, *flags, str(source), "-o", str(source.with_suffix(""))]
        try:
            return subprocess.run(full, capture_output=True, timeout=60).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def _cache() -> Check:
    folder = cache_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        remedy = "set HEALD_CACHE to a folder that you may write to"
        seen = f"{folder}: {error.strerror}"
        return Check("cache", "missing", seen, remedy, required=True)
    return Check("cache", "ok", str(folder), required=True)


def _engine() -> Iterator[Check]:
    for name, part in PARTS.items():
        if not sources_of(part, engine_sources()):
            continue
        try:
            path = engine_path(name)
        except HealdError as error:
            seen = str(error).splitlines()[0]
            yield Check(f"engine: {name}", "missing", seen, "see above", required=True)
        else:
            yield Check(f"engine: {name}", "ok", path.name, required=True)


def _processors() -> Check:
    count = len(os.sched_getaffinity(0))
    seen = f"{count} of {os.cpu_count()} may be used"
    if count >= 2:
        return Check("processors", "ok", seen)
    remedy = "real threads never overlap on one: stress runs will be untrustworthy"
    return Check("processors", "limited", seen, remedy)


def _cpu_quota() -> Check:
    """Read the limit of the control group (version 2) on processor time."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return Check("cpu limit", "ok", "none known")
    if quota == "max":
        return Check("cpu limit", "ok", "none")
    processors = int(quota) / int(period)
    seen = f"{processors:.1f} processors' time"
    if processors >= len(os.sched_getaffinity(0)):
        return Check("cpu limit", "ok", seen)
    remedy = "threads are stopped in the middle now and then: rates are lower, not wrong"
    return Check("cpu limit", "limited", seen, remedy)


def _virtual() -> Check:
    if not this_machine().hypervisor:
        return Check("hypervisor", "ok", "none: this is bare metal")
    stolen = _stolen_share(0.5)
    seen = f"virtual; {100 * stolen:.1f} % of processor time was stolen just now"
    if stolen < 0.05:
        return Check("hypervisor", "ok", seen)
    remedy = "other guests take time: pinned threads overlap less, timings are noisy"
    return Check("hypervisor", "limited", seen, remedy)


def _stolen_share(seconds: float) -> float:
    """Return the part of all processor time that the hypervisor took, 0 to 1."""
    before = _processor_times()
    time.sleep(seconds)
    # user nice system idle iowait irq softirq steal, then two that are in the first ones
    spent = [now - then for now, then in zip(_processor_times(), before, strict=True)][:8]
    return spent[7] / sum(spent) if len(spent) == 8 and sum(spent) > 0 else 0.0


def _processor_times() -> list[int]:
    try:
        line = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return []
    return [int(word) for word in line.split()[1:]]


def _wide_atomics() -> Check:
    if this_machine().machine != "x86_64":
        return Check("16-byte atomics", "ok", f"{this_machine().machine}: by libatomic")
    if "cx16" in _cpu_flags():
        return Check("16-byte atomics", "ok", "cmpxchg16b")
    remedy = "tagged pointers of 16 bytes take a lock here"
    return Check("16-byte atomics", "limited", "no cmpxchg16b", remedy)


def _fsgsbase() -> Check:
    if this_machine().machine != "x86_64":
        return Check("fsgsbase", "ok", "not needed on this machine")
    getauxval = ctypes.CDLL(None).getauxval
    getauxval.restype = ctypes.c_ulong
    if getauxval(ctypes.c_ulong(_AT_HWCAP2)) & _HWCAP2_FSGSBASE:
        return Check("fsgsbase", "ok", "user code may write the fs base")
    remedy = "thread-local variables cost the explorer more; Linux 5.9 or newer allows it"
    return Check("fsgsbase", "limited", "not allowed by processor or kernel", remedy)


def _perf() -> Check:
    tool = shutil.which("perf")
    paranoid = _text("/proc/sys/kernel/perf_event_paranoid")
    seen = f"{tool or 'no perf on PATH'}; perf_event_paranoid is {paranoid or 'unknown'}"
    if tool and paranoid and (int(paranoid) <= 2 or os.geteuid() == 0):
        return Check("perf", "ok", seen)
    remedy = (
        "optional, for profiles only: apt install linux-perf (Ubuntu: linux-tools-generic); "
        "sysctl kernel.perf_event_paranoid=2"
    )
    return Check("perf", "missing", seen, remedy)


def _seccomp() -> Check:
    actions = _text("/proc/sys/kernel/seccomp/actions_avail") or ""
    if "user_notif" in actions.split():
        return Check("seccomp", "ok", "user notification")
    remedy = "faults in unmodified programs are off; Linux 5.0 or newer has it"
    return Check("seccomp", "missing", actions or "not readable", remedy)


def _io_uring() -> Check:
    disabled = _text("/proc/sys/kernel/io_uring_disabled")
    if disabled is None or disabled == "0" or (disabled == "1" and os.geteuid() == 0):
        return Check(
            "io_uring", "ok", "not disabled by sysctl; a container may forbid it"
        )
    remedy = "transfers over io_uring are skipped; sysctl kernel.io_uring_disabled=0"
    return Check("io_uring", "missing", f"io_uring_disabled is {disabled}", remedy)


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _cpu_flags() -> list[str]:
    text = _text("/proc/cpuinfo") or ""
    lines = (line for line in text.splitlines() if line.startswith("flags"))
    return next(lines, "").split()


def _first_line(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    return lines[0] if done.returncode == 0 and lines else None
