from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heald import Call, Scenario
from heald.native import NativeSession, Settings
from heald.native.findings import NOT_THE_SUBJECT
from heald.native.result import NativeResult
from tests.native.subjects import (
    TWO_INCREMENTS,
    counter,
    loading,
    misbehaving,
    two_threads,
)

#: Long enough for a sample on a busy machine, over as soon as there is one.
BRIEF: dict[str, Any] = {"budget_s": 20.0, "stop_when": bool}


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession(hang_s=0.4, memory_bytes=512 << 20) as opened:
        yield opened


FATES = [
    (
        "call_abort",
        "abort",
        r"^abort: thread 2 in call_abort\(\), sample .*misbehaving.c",
    ),
    ("fail_assertion", "abort", r"^abort: .* \(.*Assertion .not_yet\(\). failed\.\)$"),
    ("call_exit", "exit", r"^exit\(0\): thread 2 in call_exit\(\), sample "),
    ("call_exit_at_once", "exit", r"^_exit\(7\) without a last word: .*thread 2 in "),
    ("spin", "hang", r"^no progress for .* s: thread 2 in spin\(\), sample .*: spin at "),
    ("write_through_null", "crash", r"^SIGSEGV at address 0x0: thread 2 in write_thr.*:"),
    ("call_null", "crash", r"^SIGSEGV at address 0x0: thread 2 in call_null\(\), sample"),
    ("overflow_stack", "crash", r"^SIGSEGV at address 0x.*: deeper at .*misbehaving.c:"),
    ("allocate", "memory", r"^used \d+ MiB of memory, the limit is 512 MiB, then: "),
    ("allocate_and_ignore", "memory", r"^used \d+ MiB of memory, .* no progress for "),
    (
        "call_fork",  # glibc 2.41 blocks signals around it: then no handler can say more
        "forbidden call",
        r"^(the system call (clone|fork)|.* signals blocked .*): thread 2 in call_fork",
    ),
    ("kill_parent", "forbidden call", r"^the system call kill: thread 2 in kill_parent"),
    ("raise_kill", "forbidden call", r"^the system call tgkill: thread 2 in raise_kill"),
]


def ended(session: NativeSession, operation: str, times: int) -> NativeResult:
    """Run what ends its process so many times."""
    return session.run(
        misbehaving(),
        two_threads(operation),
        seed=1,
        budget_s=60.0,
        check_power=False,
        most_lost=times,
    )


@pytest.mark.parametrize(
    ("operation", "kind", "message"), FATES, ids=[fate[0] for fate in FATES]
)
def test_end_of_the_process_is_a_finding_and_the_run_goes_on(
    session: NativeSession, operation: str, kind: str, message: str
) -> None:
    result = ended(session, operation, 1)
    (finding,) = result.findings
    assert finding.kind == kind
    assert finding.scenario == two_threads(operation)
    assert re.search(message, finding.message), finding.message
    assert finding.detail["settings"] is not None
    # The next scenario of the same subject finds everything in order.
    after = session.run(
        misbehaving(), two_threads("behave"), seed=2, check_power=False, **BRIEF
    )
    assert after.samples > 0
    assert not after.findings


def test_crash_is_followed_by_another_process_within_the_same_run(
    session: NativeSession,
) -> None:
    result = ended(session, "write_through_null", 3)
    assert [finding.kind for finding in result.findings] == ["crash"] * 3
    assert len({finding.seed for finding in result.findings}) == 3
    assert result.notes == ("3 processes lost to crashes, hangs or exits",)


def test_worker_killed_from_outside_is_a_finding_and_not_blamed(
    session: NativeSession,
) -> None:
    subject = counter()
    session.run(subject, TWO_INCREMENTS, seed=1, budget_s=0.01)
    host = session.host_for(subject.build().path)

    def stop_when(seen: object) -> bool:
        if seen and not killed:
            os.kill(host.recorder.pid, signal.SIGKILL)
            killed.append(True)
        return False

    killed: list[bool] = []
    result = session.run(
        subject, TWO_INCREMENTS, seed=1, budget_s=0.5, stop_when=stop_when
    )
    assert killed
    (finding,) = result.findings
    assert finding.kind == "killed"
    assert finding.kind in NOT_THE_SUBJECT
    assert result.samples > 0


def test_run_whose_every_process_was_killed_is_untrustworthy(
    session: NativeSession,
) -> None:
    subject = counter()
    session.run(subject, TWO_INCREMENTS, seed=1, budget_s=0.01)
    host = session.host_for(subject.build().path)

    def stop_when(seen: object) -> bool:
        if seen:
            with contextlib.suppress(ProcessLookupError):  # it is gone, not yet replaced
                os.kill(host.recorder.pid, signal.SIGTERM)
        return False

    result = session.run(
        subject, TWO_INCREMENTS, seed=1, budget_s=60.0, stop_when=stop_when
    )
    assert {finding.kind for finding in result.findings} == {"killed"}
    assert "SIGTERM from another process" in result.findings[0].message
    (doubt,) = result.doubts
    assert doubt.startswith(
        "3 of 3 processes of the run were killed, from outside or by a"
    )


@pytest.mark.slow
def test_stopped_run_is_not_mistaken_for_a_hang(session: NativeSession) -> None:
    """Stopped for far longer than ``hang_s``, in the middle of a call."""
    subject = misbehaving()
    slow = two_threads("sleep_a_little")
    session.run(subject, slow, seed=1, budget_s=0.01, check_power=False)
    host = session.host_for(subject.build().path)

    def stop_when(seen: object) -> bool:
        if seen and not stopped:
            pid = host.recorder.pid
            os.kill(pid, signal.SIGSTOP)
            stopped.append(threading.Timer(3.0, os.kill, (pid, signal.SIGCONT)))
            stopped[0].start()
        return bool(stopped) and not stopped[0].is_alive()

    stopped: list[threading.Timer] = []
    result = session.run(
        subject, slow, seed=1, budget_s=30.0, stop_when=stop_when, check_power=False
    )
    assert stopped
    assert not result.findings


def test_host_killed_from_outside_is_a_finding_and_replaced(
    session: NativeSession,
) -> None:
    subject = counter()
    session.run(subject, TWO_INCREMENTS, seed=1, budget_s=0.01)
    host = session.host_for(subject.build().path)
    timer = threading.Timer(0.1, os.kill, (host._process.pid, signal.SIGKILL))
    timer.start()
    result = session.run(subject, TWO_INCREMENTS, seed=1, budget_s=0.5)
    timer.join()
    (finding,) = result.findings
    assert finding.kind == "killed"
    assert "host was killed" in finding.message
    assert session.host_for(subject.build().path) is not host
    assert result.samples > 0


def test_output_of_the_subject_is_bounded_and_noted(session: NativeSession) -> None:
    beginning = "the subject wrote output, until its file was full, last: "
    for budget_s in (0.3, 3.0, 30.0):  # how much it writes is up to the machine
        result = session.run(
            misbehaving(),
            two_threads("print_garbage"),
            seed=1,
            budget_s=budget_s,
            check_power=False,
        )
        assert not result.findings
        (note,) = result.notes
        if note.startswith(beginning):
            break
    assert note.startswith(beginning)


def test_crowded_placement_is_not_mistaken_for_a_hang(session: NativeSession) -> None:
    """All threads on one processor are slow, not stuck."""
    result = session.run(
        counter(),
        TWO_INCREMENTS,
        seed=1,
        budget_s=0.6,
        settings=Settings(placement=2),
        check_power=False,
    )
    assert not result.findings


def test_subject_that_dies_when_loaded_is_a_finding(session: NativeSession) -> None:
    scenario = Scenario(threads=((Call("nothing"),),))
    result = session.run(loading("abort()"), scenario, seed=1, budget_s=1.0)
    (finding,) = result.findings
    assert finding.kind == "abort"
    assert finding.message.startswith(
        "loading the subject ended its process: abort: thread 1 in loading, sample 0"
    )


def test_forked_child_starts_hosts_of_its_own() -> None:
    with NativeSession() as session:
        session.run(counter(), TWO_INCREMENTS, seed=1, budget_s=0.01)
        host = session.host_for(counter().build().path)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                result = session.run(counter(), TWO_INCREMENTS, seed=2, budget_s=0.02)
                other = session.host_for(counter().build().path)
                status = 0 if result.samples > 0 and other is not host else 2
                session.close()
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        result = session.run(counter(), TWO_INCREMENTS, seed=3, budget_s=0.02)
        assert result.samples > 0
        assert session.host_for(counter().build().path) is host


def test_no_process_outlives_its_session() -> None:
    with NativeSession(hang_s=30.0) as session:
        session.run(counter(), TWO_INCREMENTS, seed=1, budget_s=0.01)
        host = session.host_for(counter().build().path)
        pid = host._process.pid
        host.begin(b"")  # a run that is refused, but a process all the same
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


ORPHANING = """
import sys
from heald.native import NativeSession
from tests.native.subjects import TWO_INCREMENTS, counter

def show(seen):
    host = session.host_for_test
    print(host._process.pid, host.recorder.pid, flush=True)
    return False

with NativeSession() as session:
    session.run(counter(), TWO_INCREMENTS, seed=1, budget_s=0.01)
    session.host_for_test = session.host_for(counter().build().path)
    session.run(counter(), TWO_INCREMENTS, seed=1, budget_s=60.0, stop_when=show)
"""


def test_killed_parent_leaves_no_process_behind() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANING],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    with parent:
        host, run = map(int, parent.stdout.readline().split())
        os.kill(run, 0)
        parent.kill()
    until = time.monotonic() + 60.0
    left = {host, run}
    while left and time.monotonic() < until:
        time.sleep(0.02)
        left = {pid for pid in left if is_alive(pid)}
    assert not left


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
