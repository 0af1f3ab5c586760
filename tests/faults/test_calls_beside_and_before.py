"""Calls that meet others: at the same time, after one that failed, again and again.

Planted flaws are variants of the subjects; here are their sound neighbours, which must pass:
one buffer behind a lock, memory that is taken once and kept.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heald.faults import Clause, Contract, TransferSubject
from heald.faults.case import Case, Sink
from heald.faults.checking import check
from heald.faults.contract import FILES
from heald.faults.methods import BY_NAME

MOVE = """
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#define SIZE 4096
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char shared[SIZE];
static ssize_t once(int out, int in, off_t at, size_t count, char *bytes) {
    ssize_t got, put;
    do
        got = pread(in, bytes, count < SIZE ? count : SIZE, at);
    while (got < 0 && errno == EINTR);
    do
        put = got > 0 ? write(out, bytes, (size_t)got) : got;
    while (put < 0 && errno == EINTR);
    if (got > 0 && put == 0)
        errno = EIO;
    return got > 0 && put == 0 ? -1 : put;
}
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    static char *kept;
    char *bytes = shared;
    LEAVES;
    ssize_t n = 1;
    *moved = 0;
    if (TAKES == 1 && kept == NULL)
        kept = malloc(SIZE);
    if (TAKES > 0)
        bytes = TAKES == 1 ? kept : malloc(SIZE);
    while (*moved < count && n > 0) {
        if (LOCKS)
            pthread_mutex_lock(&lock);
        n = once(out, in, *offset, count - *moved, bytes);
        if (LOCKS)
            pthread_mutex_unlock(&lock);
        if (n > 0)
            *moved += (size_t)n, *offset += n;
    }
    if (TAKES == 3 || (TAKES == 2 && n >= 0))
        free(bytes);
    return n < 0 ? -1 : 0;
}
"""
CONTRACT = Contract(
    sources=FILES,
    sinks=frozenset({Sink.FILE}),
    always_offset=True,
    again=False,
    shares=False,
)


@pytest.fixture
def move(tmp_path: Path) -> TransferSubject:
    (tmp_path / "move.c").write_text(MOVE)
    return TransferSubject("move", tmp_path / "move.c", entry="move", contract=CONTRACT)


@pytest.mark.parametrize(
    ("method", "locks", "takes", "fails"),
    [
        ("together", 0, 0, True),
        ("together", 1, 0, False),
        ("memory", 1, 0, False),
        ("memory", 1, 1, False),
        ("memory", 1, 2, True),
        ("memory", 1, 3, False),
        ("zero", 1, 0, False),
        ("holes", 1, 0, False),
        ("after", 1, 1, False),
    ],
)
def test_only_what_calls_do_to_each_other_is_caught(
    move: TransferSubject, method: str, locks: int, takes: int, fails: bool
) -> None:
    subject = replace(
        move, defines={"LOCKS": str(locks), "TAKES": str(takes), "LEAVES": "(void)0"}
    )
    report = check(subject, BY_NAME[method], seed=1, count=60)
    assert bool(report.failures) == fails, [ran.explain() for ran in report.failures[:1]]
    assert report.ran == 60


LEFT = {
    "folder": 'if (chdir("/") != 0) return -1',
    "mask": "umask(0)",
    "timer": "setitimer(ITIMER_PROF, &(struct itimerval){{9, 0}, {9, 0}}, 0)",
    "limit": "setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 100})",
    "handler": "signal(SIGCHLD, SIG_IGN)",
}


@pytest.mark.parametrize("left", LEFT)
def test_what_it_changes_in_the_process_is_seen(move: TransferSubject, left: str) -> None:
    defines = {"LOCKS": "1", "TAKES": "0", "LEAVES": LEFT[left]}
    subject = replace(move, defines=defines)
    report = check(subject, BY_NAME["memory"], seed=1, count=9, stop_at_failure=True)
    assert report.failures
    assert report.failures[0].broken == Clause.PROCESS


def test_who_makes_one_call_at_a_time_says_so(move: TransferSubject) -> None:
    alone = replace(CONTRACT, together=False)
    subject = replace(
        move, contract=alone, defines={"LOCKS": "0", "TAKES": "0", "LEAVES": "(void)0"}
    )
    assert check(subject, BY_NAME["together"], seed=1, count=60).ran == 0


def test_count_above_all_offsets_is_said_by_its_name() -> None:
    assert "count SIZE_MAX," in f"{Case(count=-1)},"
    assert "count SIZE_MAX - 4095," in f"{Case(count=-4096)},"
    assert Case(count=-1).wanted == (1 << 64) - 1
