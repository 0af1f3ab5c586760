"""A transfer starts no process and signals nobody; what loads it is confined like the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heald.building import sanitizer_runtime
from heald.faults import Case, Clause, Contract, Host, Source, TransferSubject
from heald.faults.availability import fuse

MOVE = """
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <unistd.h>
static void *idle(void *p) { return p; }
static void act(void) {
    pthread_t thread;
    switch (ACT) {
    case 1: if (fork() == 0) for (;;) pause(); break;
    case 2: (void)!system("touch written"); break;
    case 3: kill(getppid(), SIGSTOP); break;
    case 4: raise(SIGKILL); break;
    case 7: (void)!setuid(65534); break;
    case 8: prctl(PR_SET_PDEATHSIG, 0); break;
    case 9: prctl(PR_SET_PDEATHSIG, SIGKILL); break;
    case 5: if (pthread_create(&thread, 0, idle, 0) == 0) pthread_join(thread, 0); break;
    case 6: signal(SIGUSR1, SIG_IGN); raise(SIGUSR1); break;
    }
}
__attribute__((constructor)) static void loaded(void) { if (EARLY) act(); }
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    if (!EARLY)
        act();
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""


def subject(folder: Path, act: int, early: int) -> TransferSubject:
    (folder / "move.c").write_text(MOVE)
    made = TransferSubject("move", folder / "move.c", entry="move", contract=Contract())
    return replace(made, defines={"ACT": str(act), "EARLY": str(early)})


@pytest.mark.parametrize("early", [0, 1], ids=["called", "loaded"])
@pytest.mark.parametrize("act", [1, 2, 3, 4, 7, 8])
def test_process_or_signal_is_a_finding_and_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: int, early: int
) -> None:
    monkeypatch.chdir(tmp_path)
    with Host(subject(tmp_path, act, early), wrapped=False) as host:
        ran = host.run_one(Case(size=9, count=9))
    assert ran.broken == Clause.CRASH
    assert "starts a process, or signals another one" in ran.detail
    assert ran.detail.endswith(", when it was loaded") == bool(early)
    assert not (tmp_path / "written").exists()


@pytest.mark.skipif(
    sanitizer_runtime.missing() is not None, reason=str(sanitizer_runtime.missing())
)
def test_checked_build_signals_nobody_either(tmp_path: Path) -> None:
    with Host(subject(tmp_path, 3, 0), wrapped=False, checked=True) as host:
        assert host.run_one(Case(size=9, count=9)).broken == Clause.CRASH


@pytest.mark.parametrize("act", [0, 5, 6, 9])
def test_thread_and_own_signal_are_fine(tmp_path: Path, act: int) -> None:
    with Host(subject(tmp_path, act, 0), wrapped=False) as host:
        assert not host.run_one(Case(size=9, count=9)).broken
        if fuse() is None:
            case = Case(source=Source.FUSE, size=9, count=9)
            assert not host.run_one(case).broken  # the host starts its file server
