"""Instructions that weaker orders save, counted in what compilers write."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.orders.saving import savings

FLAG = """\
#include <stdatomic.h>
atomic_int flag;
void raise_flag(void) { atomic_store_explicit(&flag, 1, memory_order_seq_cst); }
int look(void) { return atomic_load_explicit(&flag, memory_order_seq_cst); }
"""
PROGRAM = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag;
static void *sender(void *arg) {
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
    return arg;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, sender, 0);
    if (atomic_load_explicit(&flag, memory_order_seq_cst))
        assert(data == 1);
    pthread_join(t, 0);
    return 0;
}
"""
on_x86 = pytest.mark.skipif(
    shutil.which("x86_64-linux-gnu-gcc") is None, reason="needs a compiler for x86-64"
)
on_arm = pytest.mark.skipif(
    shutil.which("aarch64-linux-gnu-gcc") is None, reason="needs a compiler for AArch64"
)


def relaxed(order: str) -> str:
    return FLAG.replace("memory_order_seq_cst", f"memory_order_{order}")


@on_x86
def test_a_relaxed_store_needs_no_exchange_on_x86() -> None:
    found = savings(["/f.c"], [], {"/f.c": FLAG}, {"/f.c": relaxed("relaxed")})["x86-64"]
    assert found.gone["xchg"] == 1
    assert found.after < found.before


@on_arm
def test_relaxed_accesses_are_plain_ones_on_aarch64() -> None:
    found = savings(["/f.c"], [], {"/f.c": FLAG}, {"/f.c": relaxed("relaxed")})["AArch64"]
    assert (found.gone, found.come) == ({"ldar": 1, "stlr": 1}, {"ldr": 1, "str": 1})
    assert found.before == found.after


def test_the_same_text_saves_nothing() -> None:
    for found in savings(["/f.c"], [], {"/f.c": FLAG}, {"/f.c": FLAG}).values():
        assert (found.before, dict(found.gone)) == (found.after, {})
        assert str(found).endswith("the same ones")


def test_what_does_not_compile_is_left_out() -> None:
    assert savings(["/f.c"], [], {"/f.c": "no C"}, {"/f.c": FLAG}) == {}


@on_x86
def test_tighten_says_what_its_patch_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PROGRAM)
    done = CliRunner().invoke(main, ["tighten", "p.c", "--json"])
    saving = json.loads(done.stdout)["saving"]["x86-64"]
    assert saving["after"] < saving["before"]
    assert saving["gone"]["xchg"] == 1
