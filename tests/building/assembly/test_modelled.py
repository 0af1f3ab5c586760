"""Inline assembly is modelled with the strength of x86, or refused by its place."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from heald.explorer.notes import NOTES as SAID
from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

from .machine import needs_x86

pytestmark = needs_x86

HEAD = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int n, l; static atomic_int x, y; static int a, b;
static int load(int *p) { int v; __asm__ volatile("movl %1, %0" : "=r"(v) : "m"(*p) : "memory"); return v; }
static void store(int *p, int v) { __asm__ volatile("movl %1, %0" : "=m"(*p) : "r"(v) : "memory"); }
static int add(int *p, int v) { __asm__ volatile("lock; xaddl %0, %1" : "+r"(v), "+m"(*p) : : "memory"); return v; }
static int swap(int *p, int v) { __asm__ volatile("xchgl %0, %1" : "+r"(v), "+m"(*p) : : "memory"); return v; }
static int cas(int *p, int old, int new) {
    char done; __asm__ volatile("lock; cmpxchgl %3, %1; sete %0" : "=q"(done), "+m"(*p), "+a"(old) : "r"(new) : "memory", "cc");
    return done;
}
static void two(void *(*f)(void *)) { pthread_t t; pthread_create(&t, 0, f, 0); f(&n); pthread_join(t, 0); }
"""

_BUFFERS = (
    "static void *w(void *m) { if (m) { atomic_store_explicit(&x, 1, memory_order_relaxed); FENCE; "
    "a = atomic_load_explicit(&y, memory_order_relaxed); } else { atomic_store_explicit(&y, 1, "
    "memory_order_relaxed); FENCE; b = atomic_load_explicit(&x, memory_order_relaxed); } return 0; }"
    "int main(void) { two(w); assert(a || b); }"
)

#: What must pass under every model.
SOUND = {
    "a lock of xchg": 'static void *w(void *m) { while (swap(&l, 1)) __asm__ volatile("pause"); n++; store(&l, 0); return m; } int main(void) { two(w); return n != 2; }',
    "a pause in bytes": 'static void *w(void *m) { while (swap(&l, 1)) __asm__(".byte 0xf3, 0x90"); n++; store(&l, 0); return m; } int main(void) { two(w); return n != 2; }',
    "a lock of cmpxchg": "static void *w(void *m) { while (!cas(&l, 0, 1)) ; n++; store(&l, 0); return m; } int main(void) { two(w); return n != 2; }",
    "a count of xadd": "static void *w(void *m) { add(&n, 1); return m; } int main(void) { two(w); assert(load(&n) == 2); }",
    "a message": "static int box; static void *w(void *m) { if (m) { box = 7; store(&l, 1); } else if (load(&l)) assert(box == 7); return 0; } int main(void) { two(w); }",
    "mfence": _BUFFERS.replace("FENCE", '__asm__ volatile("mfence" : : : "memory")'),
    "a locked add of nothing": _BUFFERS.replace(
        "FENCE", '__asm__ volatile("lock; addl $0, -4(%%rsp)" : : : "memory", "cc")'
    ),
    "a locked add elsewhere": _BUFFERS.replace("FENCE", "add(&l, 1)"),
    "a lock on a stack": "static void *w(void *m) { int *p = m; while (swap(p, 1)) ; n++; store(p, 0); return 0; } int main(void) { int own = 0; pthread_t t; pthread_create(&t, 0, w, &own); w(&own); pthread_join(t, 0); return n != 2; }",
    "own memory": 'int main(void) { int v = 3, w = 4; __asm__ volatile("xchgl %0, %1" : "+r"(v), "+m"(w)); v += w; w = 1; __asm__ volatile("addl %1, %0" : "+m"(w) : "r"(v)); assert(v == 7 && w == 8); }',
    "a variable by its name": 'int g; static void *w(void *m) { __asm__ volatile("lock incl g(%%rip)" : : : "memory"); return m; } int main(void) { two(w); return load(&g) != 2; }',
    "a clock": 'int main(void) { unsigned low, high; __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)); __asm__ volatile("cpuid" : "=a"(low) : "a"(0) : "ebx", "ecx", "edx"); return 0; }',
}

#: What must be found, by the word for it.
FLAWED = {
    "an increment in two steps": (
        "static void *w(void *m) { store(&n, load(&n) + 1); return m; } int main(void) { two(w); assert(load(&n) == 2); }",
        "assertion",
    ),
    "an increment without a lock": (
        'static void *w(void *m) { __asm__ volatile("incl %0" : "+m"(n)); return m; } int main(void) { two(w); assert(load(&n) == 2); }',
        "assertion",
    ),
    "a compiler barrier": (
        _BUFFERS.replace("FENCE", '__asm__ volatile("" : : : "memory")'),
        "assertion",
    ),
    "a lock that looks first": (
        "static void *w(void *m) { while (load(&l)) ; store(&l, 1); n++; store(&l, 0); return m; } int main(void) { two(w); return 0; }",
        "data race",
    ),
    "a plain access beside": (
        "static void *w(void *m) { if (m) add(&n, 1); else n = 5; return 0; } int main(void) { two(w); }",
        "data race",
    ),
    "a wait that never ends": (
        "static void *w(void *m) { while (!load(&l)) ; return m; } int main(void) { two(w); }",
        "livelock",
    ),
}

#: What nobody knows here.
REFUSED = {
    "syscall": 'int main(void) { long r; __asm__ volatile("syscall" : "=a"(r) : "a"(39L) : "rcx", "r11", "memory"); return 0; }',
    "rdrand": 'int main(void) { unsigned v; __asm__ volatile("rdrand %0" : "=r"(v) : : "cc"); return 0; }',
    "bytes": 'int main(void) { __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : : "c"(0) : "eax", "edx"); return 0; }',
    "a register that nobody names": 'char m[9]; int main(void) { __asm__ volatile("xlat" : : "b"(m), "a"(0) : "memory"); return 0; }',
    "a table in a register": 'int main(void) { __asm__ volatile("vpgatherdd %%ymm1, (%0,%%ymm0,4), %%ymm2" : : "r"(&n) : "memory"); return 0; }',
    "half a pause": 'int main(void) { __asm__ volatile(".byte 0xf3\\n.byte 0xa4" : : "c"(0), "D"(&n), "S"(&l)); return 0; }',
    "bytes in a section of code": 'int main(void) { __asm__ volatile("jmp 1f\\n.pushsection .text\\n1: .byte 0xc6, 0x07, 1\\njmp 2f\\n.popsection\\n2:" : : "D"(&n) : "memory"); return 0; }',
    "a variable at a fixed place": 'int g; int main(void) { __asm__ volatile("incl g" : : : "memory"); return 0; }',
    "a fixed address": 'int g; int main(void) { long p; __asm__ volatile("movq $g, %0" : "=r"(p)); return !p; }',
    "segment": 'int main(void) { long v; __asm__ volatile("movq %%fs:0, %0" : "=r"(v)); return v == 1; }',
}


def run(text: str, **options: Any) -> CheckResult:
    source = written(HEAD + text)
    return check([source], cflags=["-w"], **options)


@pytest.fixture(params=["gcc", "clang"], autouse=True)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("CC", name)
    return name


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
def test_what_is_right_on_x86_passes(name: str, model: str) -> None:
    result = run(SOUND[name], model=model)
    assert (result.verdict, result.notes, result.failures) == (
        Verdict.PASSED,
        NOTES.get(name, []),
        [],
    )


#: What is said of a program that asks for the time.
NOTES = {
    "a clock": [SAID["time"]],
}


@pytest.mark.parametrize("name", FLAWED)
def test_what_is_wrong_is_found(name: str) -> None:
    text, kind = FLAWED[name]
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == [kind]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused_by_its_place(name: str) -> None:
    result = run(REFUSED[name])
    assert result.verdict is Verdict.USAGE_ERROR
    (failure,) = result.failures
    assert "does not know what this does to memory" in failure["message"]
    place = failure["where"][0]
    line = (HEAD + REFUSED[name]).splitlines().index(REFUSED[name]) + 1
    assert (place["file"].endswith("program.c"), place["line"]) == (True, line)


#: What is refused where no line is: only the name is told.
FAR = {
    "another section": '.section .text.x,\\"ax\\"\\n1: .byte 0xc6, 0x07, 1\\njmp 2f\\n.previous',
    "a flagged section": '.pushsection .far,\\"ax\\"\\n1: .byte 0xc6, 0x07, 1\\njmp 2f\\n.popsection',
    "a subsection": ".subsection 2\\n1: .byte 0xc6, 0x07, 1\\njmp 2f\\n.previous",
}


@pytest.mark.parametrize("name", FAR)
def test_bytes_wherever_code_is_are_refused(name: str) -> None:
    asm = f'__asm__ volatile("jmp 1f\\n{FAR[name]}\\n2:" : : "D"(&n) : "memory");'
    result = run(f"int main(void) {{ {asm} return 0; }}")
    assert "does not know what this does to memory" in result.failures[0]["message"]


def test_a_table_of_places_beside_the_code_is_no_code() -> None:
    asm = '__asm__ volatile(".pushsection .locks,\\"a\\"\\n.long 1f-.\\n.popsection\\n1: lock; incl %0" : "+m"(n));'
    assert run(f"int main(void) {{ {asm} return n != 1; }}").failures == []


def test_a_macro_of_the_assembler_is_refused() -> None:
    asm = '__asm__ volatile(".macro put to\\n movb $1, \\\\to\\n.endm\\n put (%0)\\n.purgem put" : : "r"(&n) : "memory");'
    result = run(f"int main(void) {{ {asm} return n != 1; }}")
    if result.failures:  # clang has expanded it: then it is seen
        assert "`put (" in result.failures[0]["message"]


def test_what_is_never_reached_is_not_refused() -> None:
    text = REFUSED["syscall"].replace("{ long", "{ if (n == 0) return 0; long")
    assert run(text).verdict is Verdict.PASSED
