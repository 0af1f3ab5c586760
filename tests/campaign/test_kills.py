"""``kill -9`` at random moments of a campaign over real subjects and real transfers.

What was announced is kept, nothing goes on running, nothing stays behind in temporary folders,
in shared memory or mounted. HEALD_KILLS says how often; 2 by default, 100 before a release.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

KILLS = int(os.environ.get("HEALD_KILLS", "2"))
PLACES = """
import heald
from pathlib import Path
from heald.faults import TransferSubject, TransferTarget
from heald.targets.of_subject import SubjectTarget

class Counter:
    def __init__(self): self.value = 0
    def add(self): self.value += 1; return self.value

def counter(variant, **defines):
    return heald.Subject(
        "counter.c", name="counter", variant=variant, state="struct counter",
        ops={"add": heald.op("int add(struct counter *)")}, model=Counter, defines=defines,
    )

mine = TransferSubject("mine", Path(__file__).with_name("mine.c"), entry="move")
TARGETS = [
    *map(SubjectTarget, (counter("fine", BY="1"), counter("flawed", BY="2"))),
    TransferTarget(mine),
]
"""
COUNTER = """
#include <stdatomic.h>
struct counter { atomic_int value; };
int add(struct counter *c);
int add(struct counter *c) { return atomic_fetch_add(&c->value, BY) + BY; }
"""
MOVE = """
#include <sys/sendfile.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""


def _marked(mark: str) -> set[int]:
    """Processes that have the mark in their environment, zombies left out."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def _left_behind() -> set[str]:
    folders = [Path(tempfile.gettempdir()), Path("/dev/shm")]
    names = {f"{f}/{n.name}" for f in folders if f.is_dir() for n in f.iterdir()}
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    ours = {line for line in mounts if "heald" in line}
    return {name for name in names if "heald" in name} | ours


@pytest.mark.slow
def test_kill_at_random_moments_loses_and_leaves_nothing(tmp_path: Path) -> None:
    for name, text in {"all.py": PLACES, "counter.c": COUNTER, "mine.c": MOVE}.items():
        (tmp_path / name).write_text(text)
    mark = f"HEALD_KILL_TEST={tmp_path}"
    environment = {**os.environ, "HEALD_KILL_TEST": str(tmp_path)}
    command = [sys.executable, "-m", "heald", "stress", "--budget"]
    subprocess.run(
        [*command, "300ms", "all.py"], cwd=tmp_path, env=environment, check=False
    )
    before = _left_behind()
    moments = random.Random(20260102)
    announced: set[str] = set()
    for number in range(KILLS):
        log = tmp_path / f"log{number}"
        with open(log, "w") as file:
            child = subprocess.Popen(
                [*command, "60s", "--jobs", "2", "all.py"],
                cwd=tmp_path,
                env=environment,
                stderr=file,
                stdout=subprocess.DEVNULL,
            )
            until = time.monotonic() + 60
            # Every other time somewhere after the first announcement, else anywhere.
            sign = "heald replay" if number % 2 else " "
            while sign not in log.read_text() and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(moments.uniform(0.0, 0.5 if KILLS < 10 else 1.5))
            child.kill()
            child.wait()
        announced |= set(re.findall(r"heald replay (\S+)", log.read_text()))
        until = time.monotonic() + 30
        while (left := _marked(mark)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not left, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    assert announced
    with closing(sqlite3.connect(tmp_path / ".heald" / "results.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT capsule FROM finding WHERE capsule IS NOT NULL")
        assert announced <= {capsule for (capsule,) in rows}
    assert all((tmp_path / capsule).is_file() for capsule in announced)
    assert _left_behind() <= before
