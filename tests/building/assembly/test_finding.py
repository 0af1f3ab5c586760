"""What compilers leave unannounced is seen: each racing program is caught, its twin passes."""

from __future__ import annotations

import shutil

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

from .machine import needs_x86

pytestmark = needs_x86

HEAD = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <emmintrin.h>
struct wide { long a, b, c, d, e; };
struct wide place, other; char text[64]; _Alignas(16) char bytes[64];
static volatile char seen; static atomic_int ready;
__attribute__((noinline)) static long sum(struct wide given) { return given.a + given.e; }
__attribute__((noinline)) static struct wide made(long a) { return (struct wide){a, a, a, a, a}; }
__attribute__((no_sanitize("thread"))) static void quiet(void) { place.c = 5; }
static void act(void) { ACT; }
static void *writer(void *p) { act(); atomic_store_explicit(&ready, 1, ORDER); return p; }
static void *reader(void *p) {
    if (atomic_load_explicit(&ready, memory_order_acquire)) { LOOK; }
    return p;
}
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, writer, 0);
    pthread_create(&b, 0, reader, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    return (int)(text[0] + bytes[0] + place.c) < -999;
}
"""

#: What one thread does and what the other looks at.
ACTS = {
    "memset": ("memset(&place, 7, sizeof place)", "seen = (char)place.e"),
    "builtin memset": ("__builtin_memset(bytes, 7, 48)", "seen = bytes[40]"),
    "memcpy to": ("memcpy(&place, &other, sizeof place)", "seen = (char)place.d"),
    "memcpy from": ("memcpy(bytes, text, 33)", "text[32] = 1"),
    "memmove": ("memmove(bytes + 1, bytes, 32)", "bytes[20] = 1"),
    "bzero": ("bzero(bytes, 64)", "seen = bytes[63]"),
    "strcpy": ('strcpy(text, "a string of some length")', "seen = text[23]"),
    "stpcpy": ('stpcpy(text, "another one")', "seen = text[10]"),
    "strncpy": ('strncpy(text, "short", 40)', "seen = text[39]"),
    "passed by value": ("seen = (char)sum(place)", "place.e = 1"),
    "returned by value": ("place = made(3)", "seen = (char)place.c"),
    "copied": ("place = other", "seen = (char)place.d"),
    "intrinsic": ("_mm_stream_si32((int *)&place.b, 3)", "seen = (char)place.b"),
    "vector": ("_mm_store_si128((__m128i *)bytes, _mm_set1_epi8(3))", "seen = bytes[5]"),
    "no_sanitize": ("quiet()", "seen = (char)place.c"),
    "rep stos": (
        "void *d = bytes; long n = 6; "
        '__asm__ volatile("rep; stosq" : "+D"(d), "+c"(n) : "a"(0L) : "memory")',
        "seen = bytes[44]",
    ),
}


def explored(
    act: str, look: str, order: str, cflags: tuple[str, ...]
) -> tuple[Verdict, list[str]]:
    text = HEAD.replace("ACT;", f"{act};").replace("LOOK;", f"{look};")
    source = written(text.replace("ORDER", f"memory_order_{order}"))
    result = check([source], cflags=[*cflags, "-w"])
    assert not result.notes
    return result.verdict, [failure["kind"] for failure in result.failures]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("act", ACTS)
def test_an_access_that_no_hook_announces_is_seen(
    act: str, compiler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.setenv("CC", compiler)
    flawed = explored(*ACTS[act], "relaxed", ("-O1",))
    assert flawed == (Verdict.FAILED, ["data race"])
    assert explored(*ACTS[act], "release", ("-O1",)) == (Verdict.PASSED, [])


COMPUTED = """
static atomic_int sum;
static int run(const unsigned char *code) {
    static const void *const to[] = {&&add, &&subtract, &&halt};
    int at = 0;
    goto *to[code[at++]];
add: atomic_fetch_add_explicit(&sum, 1, memory_order_relaxed); goto *to[code[at++]];
subtract: atomic_store_explicit(&sum, sum - 1, memory_order_relaxed); goto *to[code[at++]];
halt: return at;
}
static void *work(void *p) { run((const unsigned char[]){0, 0, 1, 2}); return p; }
int main(void) {
    pthread_t t; pthread_create(&t, 0, work, 0); work(0); pthread_join(t, 0);
    assert(sum <= 4 LOOK);
    return 0;
}
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_an_atomic_load_behind_a_computed_goto_is_no_plain_read(
    compiler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clang leaves the load behind its call, and the address in a register from before."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not here")
    monkeypatch.setenv("CC", compiler)
    head = HEAD.partition("struct wide")[0]
    for look, kinds in (("", []), ("&& sum == 2", ["assertion"])):
        source = written(head + COMPUTED.replace("LOOK", look))
        result = check([source], cflags=["-w", "-O2"], budget_s=60)
        assert [failure["kind"] for failure in result.failures] == kinds
