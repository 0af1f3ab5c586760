"""Capsules of every kind, in the directory where they were made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
#include <assert.h>
#include <pthread.h>
int shared;
static void *work(void *argument) { shared++; return argument; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, work, 0);
    shared++;
    pthread_join(thread, 0);
}
"""
SUBJECT = """
import heald

class Counter:
    def __init__(self): self.value = 0
    def add(self): self.value += 1; return self.value

counter = heald.Subject(
    "counter.c", state="struct counter", model=Counter,
    ops={"add": heald.op("int add(struct counter *)")},
)
"""
COUNTER = "struct counter { int value; };\nint add(struct counter *c);\n"
COUNTER += "int add(struct counter *c) { return ++c->value + 9; }\n"
TRANSFER = """
from pathlib import Path
from heald.faults import TransferSubject, TransferTarget
mine = TransferSubject("mine", Path(__file__).with_name("mine.c"), entry="move")
TARGETS = [TransferTarget(mine)]
"""
MOVE = """
#include <sys/sendfile.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""


PARSER = """
import heald
from heald.parsing.target import ParserTarget
first = heald.ParserSubject(
    "first.c", entry="long first(const unsigned char *, size_t, struct one *)",
    fields=["byte"])
TARGETS = [ParserTarget(first, examples=(b"abc",))]
"""
FIRST = """
#include <stddef.h>
struct one { unsigned byte; };
long first(const unsigned char *data, size_t size, struct one *one)
{
    (void)size;
    one->byte = data[0] + data[1];
    return 1;
}
"""


def heald_in(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "heald", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return done.stdout + done.stderr


def kept(folder: Path) -> list[dict[str, Any]]:
    """Return all capsules of the directory."""
    return [
        json.loads(p.read_text()) for p in sorted(folder.glob(".heald/capsules/*.json"))
    ]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with capsules of every kind, and what they are of."""
    made = tmp_path_factory.mktemp("capsules")
    texts = {
        "prog.c": PROGRAM,
        "counter.py": SUBJECT,
        "counter.c": COUNTER,
        "transfers.py": TRANSFER,
        "mine.c": MOVE,
        "parsing_first.py": PARSER,
        "first.c": FIRST,
        "test_counter.py": "import heald\nfrom counter import counter\n"
        "test_it = heald.explored(counter, threads=2, ops=1)\n",
    }
    for name, text in texts.items():
        (made / name).write_text(text)
    heald_in(made, "check", "prog.c")
    places = ["counter.py", "transfers.py", "parsing_first.py"]
    more = places
    for budget in ("1s", "6s", "60s"):  # a busy machine needs longer to find all
        heald_in(made, "stress", *more, "--budget", budget, "--jobs", "2")
        if {"native", "transfer", "message"} <= {each["check"] for each in kept(made)}:
            break
        more = ["--resume"]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=made,
        capture_output=True,
        check=False,
    )
    return made


@pytest.fixture(scope="session")
def capsules(folder: Path) -> list[dict[str, Any]]:
    found = kept(folder)
    kinds = {(each["check"], each["scenario"] is None) for each in found}
    wanted = {("explored", True), ("explored", False), ("native", False)}
    assert wanted | {("transfer", True), ("message", True)} <= kinds, kinds
    by_kind = {(each["check"], each["scenario"] is None): each for each in found}
    return list(by_kind.values())


@pytest.fixture
def _there(folder: Path) -> Iterator[None]:
    here = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(here)
