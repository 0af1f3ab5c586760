"""Workers: a subject that crashes, hangs or exits costs one case, and is a finding."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heald.faults import Action, Case, Clause, Host, Sink, Source, Step, TransferSubject
from heald.faults.availability import user_notification
from heald.faults.patience import Patience
from heald.verdicts import UsageError

HEAD = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved);
int move(int out, int in, off_t *offset, size_t count, size_t *moved)
{
    (void)out; (void)in; (void)offset; (void)count;
    *moved = 0;
"""
ASKED = Case(size=100, count=100)
CAP_20 = Step(Action.CAP, 20)


def subject(folder: Path, body: str) -> TransferSubject:
    source = folder / "mine.c"
    source.write_text(HEAD + body + "\n}\n")
    return TransferSubject("mine", source, "move")


LOOP = """
    while (*moved < count) {
        ssize_t n = sendfile(out, in, offset, count - *moved);
        if (n < 0) return -1;
        if (n == 0) break;
        *moved += (size_t)n;
    }
    return 0;"""

ENDS = [
    ("abort();", Clause.CRASH, "SIGABRT"),
    ("*(volatile int *)0 = 1; return 0;", Clause.CRASH, "SIGSEGV"),
    ("exit(0);", Clause.CRASH, r"exit(0)"),
    ("for (int i = 3; i < 1000; i++) close(i); exit(0);", Clause.CRASH, r"exit(0)"),
    ("for (;;) ;", Clause.HANG, "no return"),
]


@pytest.mark.parametrize(
    ("body", "clause", "words"), ENDS, ids=["abort", "null", "exit", "closes all", "spin"]
)
def test_a_lost_worker_is_a_finding_and_the_run_goes_on(
    tmp_path: Path, body: str, clause: Clause, words: str
) -> None:
    text = f"if (count == 13) {{ {body} }}" + LOOP
    cases = [ASKED, ASKED.with_(count=13), ASKED]
    with Host(subject(tmp_path, text), deadline_s=2) as host:
        ran = host.run(cases)
    assert [each.broken for each in ran] == [Clause(0), clause, Clause(0)]
    assert words in ran[1].detail


def test_bulk_goes_on_after_a_crash_and_keeps_its_case(tmp_path: Path) -> None:
    text = "if (count % 500 == 13) abort();" + LOOP
    with Host(subject(tmp_path, text)) as host:
        report = host.bulk(1, 3000)
        crashed = [ran for ran in report.failures if ran.lost is Clause.CRASH]
        assert report.ran >= 3000
        assert crashed
        assert all(ran.case.count % 500 == 13 for ran in crashed)


def test_a_direct_system_call_is_unseen_by_the_shim_and_that_is_a_failure(
    tmp_path: Path,
) -> None:
    text = "*moved = (size_t)syscall(SYS_sendfile, out, in, offset, count); return 0;"
    case = ASKED.with_(steps=(Step(Action.CAP, 10),))
    with Host(subject(tmp_path, text)) as host:
        assert host.run_one(case).broken == Clause.UNSEEN


@pytest.mark.parametrize("bits", ["-D_FILE_OFFSET_BITS=64", "-U_FILE_OFFSET_BITS"])
def test_the_shim_sees_the_plain_and_the_64_names(tmp_path: Path, bits: str) -> None:
    made = subject(tmp_path, LOOP)
    made = TransferSubject(made.name, made.source, made.entry, flags=(bits,))
    with Host(made) as host:
        ran = host.run_one(ASKED.with_(steps=(Step(Action.CAP, 10),)))
    assert ran.result is not None
    assert [call.returned for call in ran.result.log] == [10, 90]
    assert not ran.broken


def test_a_hang_after_progress_costs_one_deadline_and_no_second_one() -> None:
    patience = Patience(deadline_s=1.6, started=7, now=0.0)
    now = patience.look_after_s
    while not patience.ended(8, now):  # case 8 began before the first look, and hangs
        now += patience.look_after_s
    assert now <= 1.6 + 2 * patience.look_after_s


def test_a_case_that_still_moves_bytes_is_slow_and_not_hanging() -> None:
    patience = Patience(deadline_s=1.0, started=1, now=0.0)
    assert not patience.ended(1, 2.9, moving=True)
    assert patience.ended(1, 2.9)
    assert patience.ended(1, 3.0, moving=True)


def test_a_worker_that_comes_up_slowly_is_no_hang() -> None:
    patience = Patience(deadline_s=1.0, started=0, now=0.0)
    assert not patience.ended(0, Patience.START_S - 1)
    assert patience.ended(0, Patience.START_S)


def test_a_long_batch_is_no_hang_while_cases_are_started() -> None:
    patience = Patience(deadline_s=1.0, started=0, now=0.0)
    assert not any(patience.ended(second, float(second)) for second in range(100))


RUDE = [
    pytest.param("close(out);", Sink.PIPE, id="closes the sink"),
    pytest.param("close(in);", Sink.UNIX, id="closes the source"),
    pytest.param('write(out, "x", 1);', Sink.UNIX, id="leaves a byte too much"),
    pytest.param('pwrite(out, "x", 1, 0);', Sink.FILE, id="writes before its place"),
    pytest.param("fcntl(out, F_SETFL, O_NONBLOCK);", Sink.PIPE, id="changes flags"),
]


@pytest.mark.parametrize(("rude", "sink"), RUDE)
def test_what_one_case_did_to_kept_descriptors_is_gone_in_the_next(
    tmp_path: Path, rude: str, sink: Sink
) -> None:
    text = LOOP.replace("return 0;", f"if (count == 13) {rude} return 0;")
    right = ASKED.with_(sink=sink, sink_position=5000 if sink.is_file else 0)
    with Host(subject(tmp_path, text)) as host:
        ran = host.run([right, right.with_(count=13), right, right])
    assert [bool(each.broken) for each in ran] == [False, True, False, False]


@pytest.mark.parametrize("source", [Source.PIPE, Source.UNIX])
def test_bytes_that_a_case_left_in_a_kept_source_are_not_in_the_next(
    tmp_path: Path, source: Source
) -> None:
    text = """
    char block[64];
    ssize_t n = read(in, block, count < 64 ? count : 64);
    *moved = (size_t)write(out, block, (size_t)n);
    return 0;"""
    case = Case(source=source, size=64, count=20, stays=True)
    with Host(subject(tmp_path, text)) as host:
        ran = host.run([case, case.with_(content=7), case])
    assert [each.explain() for each in ran] == [[], [], []]


PLANTED = [
    ("open(\"/dev/null\", O_RDONLY);", Clause.LEAK, ASKED),
    ("fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);", Clause.FLAGS, ASKED),
    ("*moved = 1; return 0;", Clause.MOVED | Clause.SHORT | Clause.SOURCE | Clause.SINK, ASKED),
    ("lseek(in, 1, SEEK_CUR);", Clause.BYTES, ASKED),
    ("lseek(out, 1, SEEK_CUR);", Clause.BYTES, ASKED),
    ("raise(13);", Clause.SIGPIPE, ASKED),
    ("signal(13, SIG_DFL);", Clause.SIGNALS, ASKED),
    ("sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);", Clause.SIGNALS, ASKED),
    ("fcntl(out, F_SETFL, O_APPEND);", Clause.STATUS, ASKED),
    ("fcntl(in, F_SETFL, O_APPEND);", Clause.STATUS, ASKED),
    ("struct timeval t = {5, 0}; setsockopt(out, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);",
     Clause.OPTIONS, ASKED.with_(sink=Sink.UNIX)),
    ("struct timeval t = {5, 0}; setsockopt(out, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);",
     Clause.OPTIONS, ASKED.with_(sink=Sink.TCP)),
    ("int on = 1; setsockopt(out, 6, 3, &on, sizeof on);",
     Clause.OPTIONS, ASKED.with_(sink=Sink.TCP)),
    ("int on = 1; setsockopt(out, 6, 1, &on, sizeof on);",
     Clause.OPTIONS, ASKED.with_(sink=Sink.TCP)),
    ("if (sendfile(out, in, offset, 1) > 0) return -1;",
     Clause.AGAIN, ASKED.with_(steps=(Step(Action.ERRNO, 5),))),
]  # fmt: skip


@pytest.mark.parametrize(("planted", "clause", "case"), PLANTED)
def test_each_clause_rings(
    tmp_path: Path, planted: str, clause: Clause, case: Case
) -> None:
    headers = "#include <signal.h>\n#include <sys/socket.h>\n"
    text = headers + HEAD + planted + LOOP + "\n}\n"
    source = tmp_path / "mine.c"
    source.write_text(text)
    with Host(TransferSubject("mine", source, "move")) as host:
        assert host.run_one(case).broken & clause == clause


def test_a_compile_error_is_shown_as_the_compiler_said_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine\.c:\d+:\d+: error"):
        Host(subject(tmp_path, "return undeclared;"))


def test_disk_files_have_no_name_that_a_killed_worker_could_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    text = "if (count == 13) for (;;) ;" + LOOP
    disk = Case(source=Source.DISK, sink=Sink.DISK, size=100, count=100)
    with Host(subject(tmp_path, text), deadline_s=2) as host:
        ran = host.run([disk, disk.with_(count=13)])
    assert [each.broken for each in ran] == [Clause(0), Clause.HANG]
    assert list(folder.iterdir()) == []


def test_hosts_leave_no_descriptor_and_no_process_behind(tmp_path: Path) -> None:
    made = subject(tmp_path, LOOP)
    made.build(wrapped=True)
    with Host(made) as host:
        host.run_one(ASKED)
    before = sorted(os.listdir("/proc/self/fd"))
    children = children_of_this()
    with Host(made) as host:
        host.run([ASKED, ASKED.with_(sink=Sink.PIPE)])
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert children_of_this() <= children  # others' may end meanwhile


def children_of_this() -> set[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


@pytest.mark.skipif(user_notification() is not None, reason=str(user_notification()))
def test_user_notification_shortens_direct_system_calls_really(tmp_path: Path) -> None:
    text = """
    while (*moved < count) {
        ssize_t n = syscall(SYS_sendfile, out, in, offset, count - *moved);
        if (n < 0) return -1;
        *moved += (size_t)n;
    }
    return 0;"""
    case = ASKED.with_(notify=True, offset=True, steps=(Step(Action.CAP, 10), CAP_20))
    with Host(subject(tmp_path, text), wrapped=False) as host:
        ran = host.run_one(case)
    assert ran.result is not None
    assert [call.returned for call in ran.result.log] == [10, 20, 70]
    assert (ran.result.offset, ran.result.arrived, ran.result.broken) == (100, 100, 0)


@pytest.mark.skipif(user_notification() is not None, reason=str(user_notification()))
def test_user_notification_catches_what_the_shim_cannot_see(tmp_path: Path) -> None:
    text = "*moved = (size_t)syscall(SYS_sendfile, out, in, offset, count); return 0;"
    case = ASKED.with_(notify=True, steps=(Step(Action.CAP, 10),))
    with Host(subject(tmp_path, text), wrapped=False) as host:
        assert host.run_one(case).broken == Clause.SHORT
