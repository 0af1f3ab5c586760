"""Nothing stays: no descriptor, no process, no mount, no file, not even of a killed worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from heald.faults import Host
from heald.faults.checking import cases_of
from heald.faults.methods import METHODS, Method
from subjects.transfer import sound

#: A guard against a hang: a process that was killed ends long before.
PATIENCE_S = 60


def descriptors() -> set[tuple[str, str]]:
    """Return what this process holds open, by number and target."""
    held = set()
    for entry in os.listdir("/proc/self/fd"):
        try:
            held.add((entry, os.readlink(f"/proc/self/fd/{entry}")))
        except FileNotFoundError:
            continue  # the folder that is being listed
    return held


def mounts() -> set[str]:
    """Return the mounts that have a place and are of a type that workers mount."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        line for line in lines if line.rpartition(" - ")[2].startswith(("tmpfs", "fuse"))
    }


def offspring(process: int) -> set[int]:
    """Return a process' children and theirs, as far as they can be seen."""
    found: set[int] = set()
    for thread in Path(f"/proc/{process}/task").glob("*"):
        for child in map(int, (thread / "children").read_text().split()):
            found |= {child} | offspring(child)
    return found


def alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def worker_of(host: Host) -> int:
    """Return the worker, which the first case has started."""
    assert host._process is not None
    return host._process.pid


def wait_until_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    left = [process for process in processes if alive(process)]
    assert not left, f"processes {left} are still there"


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_leaves_nothing_behind(
    method: Method, killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = method.missing()
    if reason is not None:
        pytest.skip(reason)
    subject = sound("best")
    subject.build(wrapped=method.wrapped, checked=method.checked)
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where workers make files
    held, mounted = descriptors(), mounts()
    with Host(subject, wrapped=method.wrapped, checked=method.checked) as host:
        for case in cases_of(
            method, subject, seed=7, count=2 if method.cost_ms > 20 else 9
        ):
            ran = host.run_one(case)
            assert not ran.broken, f"{case}: {ran.explain()}"
        assert mounts() == mounted, "a mount has a place"
        processes = {worker_of(host)} | offspring(worker_of(host))
        if killed:
            os.kill(worker_of(host), signal.SIGKILL)
    wait_until_gone(processes)
    assert descriptors() == held
    assert mounts() == mounted
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_would_be_noticed(tmp_path: Path) -> None:
    held = descriptors()
    file = os.open(tmp_path / "left", os.O_CREAT)
    try:
        assert len(descriptors() - held) == 1
    finally:
        os.close(file)
    assert alive(os.getpid())
    assert not alive(2**22 + 1)  # no process has a number above 2**22
