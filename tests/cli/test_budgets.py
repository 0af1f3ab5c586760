"""A compiler that does not end holds up no verb: it is killed when the budget ends."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.explorer.program import check

#: How long the compiler takes, and by when all must be over: on a busy machine, too.
ASLEEP_S, SOON_S = 3111, 120.0

PROGRAM = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int flag;
static int value;
static void *put(void *unused) {
    (void)unused;
    value = 1;
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return 0;
}
int main(void) {
    pthread_t writer;
    pthread_create(&writer, 0, put, 0);
    if (atomic_load_explicit(&flag, memory_order_acquire))
        assert(value == 1);
    pthread_join(writer, 0);
}
"""
COUNTER = """\
#include <stdatomic.h>
struct counter { atomic_int n; };
void init(struct counter *c) { atomic_init(&c->n, 0); }
int add(struct counter *c) { return atomic_fetch_add(&c->n, 1); }
"""
SUBJECT = """\
import heald

class Model:
    def __init__(self):
        self.n = 0
    def add(self):
        self.n += 1
        return self.n - 1

counter = heald.Subject(
    "counter.c", state="struct counter", init="void init(struct counter *)",
    ops={"add": heald.op("int add(struct counter *)")}, model=Model,
)
"""
COPY = """\
#include <sys/sendfile.h>
int copy(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""
TRANSFER = """\
from heald.faults import TransferSubject, TransferTarget

TARGETS = [TransferTarget(TransferSubject("copy", "copy.c", entry="copy"))]
"""
FILES = {
    "p.c": PROGRAM,
    "counter.c": COUNTER,
    "counter.py": SUBJECT,
    "copy.c": COPY,
    "copies.py": TRANSFER,
}
VERBS = {
    "check": ["check", "p.c"],
    "mend": ["mend", "p.c"],
    "mend a subject": ["mend", "counter.py"],
    "mutate": ["mutate", "p.c"],
    "mutate a subject": ["mutate", "counter.py"],
    "tighten": ["tighten", "p.c"],
    "verify": ["verify", "p.c"],
    "verify a subject": ["verify", "counter.py"],
    "verify a transfer": ["verify", "copies.py"],
    "faults": ["faults", "--matrix", "copies.py"],
}


@pytest.fixture
def slow(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that says at once who it is, and compiles after an hour."""
    wrapper = tmp_path / "slow-cc"
    asked = '*--version*|*-dumpmachine*) exec gcc "$@";;'
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in {asked} esac\nsleep {ASLEEP_S}\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CC", str(wrapper))
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)


def asleep() -> list[str]:
    """Return the processes of that compiler which are still there, and stay."""
    for _ in range(500):
        if not (found := _asleep()):
            break
        time.sleep(0.01)
    return found


def _asleep() -> list[str]:
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(ASLEEP_S).encode() in words:
            found.append(pid)
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_a_slow_compiler_is_killed_at_the_end(slow: None, verb: str) -> None:
    began = time.monotonic()
    done = CliRunner().invoke(main, [*VERBS[verb], "--budget", "0.4s", "--json"])
    assert time.monotonic() - began < SOON_S
    assert done.exit_code == 3, done.output
    assert "Traceback" not in done.output
    assert json.loads(done.stdout).get("verdict", "undecided") == "undecided"
    assert not asleep()


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    """What an ordinary compiler has shown to fail."""
    source = tmp_path / "p.c"
    source.write_text(PROGRAM)
    [failure, *_] = check([source], capsules=tmp_path / "kept").failures
    return Path(failure["capsule"])


def test_a_replay_ends_though_the_compiler_does_not(capsule: Path, slow: None) -> None:
    began = time.monotonic()
    words = ["replay", str(capsule), "--budget", "0.2s", "--json"]
    done = CliRunner().invoke(main, words)
    assert time.monotonic() - began < SOON_S
    assert done.exit_code == 3, done.output
    assert json.loads(done.stdout)["verdict"] == "undecided"
    assert not asleep()
