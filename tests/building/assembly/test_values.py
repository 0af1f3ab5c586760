"""What a compiler does to a local object that another thread knows is seen like anything else.

gcc's hooks are blind to what is expanded after them, clang's to members of a local structure;
so on the stack, too, each racing program is caught and its twin passes.
"""

from __future__ import annotations

import shutil

import pytest

from heald.explorer.program import check
from tests.texts import written

from .machine import needs_x86

pytestmark = needs_x86

HEAD = """
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
typedef struct { long a[SIZE]; } block;
typedef int lanes __attribute__((vector_size(16), may_alias));
block other; volatile long seen;
__attribute__((noinline)) static long given(block b) { return b.a[1]; }
__attribute__((noinline)) static block made(void) {
    block b = {{4, 5}}; b.a[1] = getpid(); return b;
}
__attribute__((noinline)) static long varied(int n, ...) {
    va_list list; va_start(list, n); block b = va_arg(list, block); va_end(list); return b.a[1];
}
static void *touches(void *p) { volatile char *byte = p; seen = byte[9]; byte[9] = 5; return 0; }
int main(void) {
    block x = {0}; pthread_t t;
    pthread_create(&t, 0, touches, &x);
#ifdef ORDERED
    pthread_join(t, 0); ACT; seen = *(volatile char *)&x;
#else
    ACT; pthread_join(t, 0); seen = *(volatile char *)&x;
#endif
}
"""

ACTS = {
    "filled": "memset(&x, 0, sizeof x)",
    "assigned": "x = (block){{1}}",
    "emptied": "x = (block){{0}}",
    "copied to": "x = other",
    "copied from": "other = x",
    "memcpy to": "memcpy(&x, &other, sizeof x)",
    "memcpy from": "memcpy(&other, &x, sizeof x)",
    "moved": "memmove((char *)&x + 1, &x, 20)",
    "a text": 'strcpy((char *)&x, "of some length or other")',
    "lanes": "*(lanes *)&x += 1",
    "chosen": "x = getpid() ? other : (block){{2}}",
    "a part": "__builtin_memset((char *)&x + 8, 1, 8)",
    "a member": "x.a[1]++",
    "an element": "x.a[getpid() ? 1 : 0] = 3",
    "passed": "seen = given(x)",
    "returned": "x = made()",
    "one of many": "seen = varied(1, x)",
}


def kinds(act: str, *flags: str) -> list[str]:
    path = written(HEAD.replace("ACT", act))
    result = check([path], budget_s=20, cflags=[*flags, "-w"])
    assert result.notes == []
    return [failure["kind"] for failure in result.failures]


def test_the_arithmetic_of_an_atomic_double_keeps_its_state_on_the_stack() -> None:
    path = written("_Atomic double x; int main(void) { x += 1.5; return x != 1.5; }")
    assert check([path]).failures == []


@pytest.mark.parametrize("optimised", ["-O0", "-O1"])
@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_local_object_is_memory_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
    compiler: str,
    size: int,
    optimised: str,
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.setenv("CC", compiler)
    flags = [optimised, f"-DSIZE={size}"]
    found = {name: kinds(act, *flags) for name, act in ACTS.items()}
    assert found == {name: ["data race"] for name in ACTS}
    assert kinds("; ".join(ACTS.values()), *flags, "-DORDERED") == []
