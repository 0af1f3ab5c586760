"""What calls leave behind, each or one in fifty: threads, descriptors of any number, buffers.

Beside each its sound neighbour: what is made once and kept, what ends by itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.faults import Clause, Contract, TransferSubject
from heald.faults.case import Sink
from heald.faults.checking import check
from heald.faults.contract import FILES
from heald.faults.methods import BY_NAME

MOVE = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>
static void *idle(void *nothing) { for (;;) pause(); return nothing; }
static void *brief(void *nothing) { return nothing; }
static void thread(void *(*work)(void *)) {
    pthread_t made;
    if (pthread_create(&made, NULL, work, NULL) == 0)
        pthread_detach(made);
}
static void copy(int of, int from, int closes) {
    int made = fcntl(of, F_DUPFD_CLOEXEC, from);
    if (closes)
        close(made);
}
static void *volatile kept;
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    static unsigned calls;
    ++calls;
    if (WHEN) {
        LEAVES;
    }
    *moved = 0;
    while (count > 0) {
        ssize_t n = sendfile(out, in, offset, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        *moved += (size_t)n, count -= (size_t)n;
    }
    return 0;
}
"""
CONTRACT = Contract(
    sources=FILES, sinks=frozenset({Sink.FILE}), blocking=True, quiet_process=True
)
EACH, FIFTIETH, ONCE = "1", "calls % 50 == 3", "calls == 3"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "move.c").write_text(MOVE)
    return tmp_path / "move.c"


@pytest.mark.parametrize(
    ("when", "leaves", "method", "broken"),
    [
        (EACH, "thread(idle)", "memory", Clause.THREADS),
        (FIFTIETH, "thread(idle)", "memory", Clause.THREADS),
        (FIFTIETH, "kept = malloc(4096)", "memory", Clause.MEMORY),
        (EACH, "copy(in, 100, 0)", "script", Clause.LEAK),
        (FIFTIETH, "copy(out, 1000, 0)", "script", Clause.LEAK),
        (EACH, "copy(out, 33, 0)", "plain", Clause.LEAK),
        (ONCE, "thread(idle)", "memory", Clause(0)),
        (ONCE, "thread(idle)", "notify", Clause(0)),
        (EACH, "thread(brief)", "memory", Clause(0)),
        (ONCE, "kept = malloc(4096)", "memory", Clause(0)),
        (EACH, "copy(in, 100, 1)", "script", Clause(0)),
    ],
)
def test_what_is_left_behind_is_seen_and_nothing_else(
    source: Path, when: str, leaves: str, method: str, broken: Clause
) -> None:
    if (missing := BY_NAME[method].missing()) is not None:
        pytest.skip(missing)
    defines = {"WHEN": when, "LEAVES": leaves}
    subject = TransferSubject(
        "move", source, entry="move", contract=CONTRACT, defines=defines
    )
    count = 6 if method == "memory" else 120
    report = check(subject, BY_NAME[method], seed=1, count=count, stop_at_failure=True)
    assert {ran.broken for ran in report.failures} == ({broken} if broken else set())
    assert report.ran
