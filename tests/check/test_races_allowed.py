"""With races allowed stacks, thread-local variables and copies of structures are explored, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import check, replay
from heald.verdicts import Verdict

HEAD = "#include <assert.h>\n#include <pthread.h>\n#include <string.h>\n"
WRITES = "static void *writes(void *at) { *(int *)at = 1; return 0; }"
THREE = (
    "static struct three { int a[3]; } x, y = {{1, 1, 1}};"
    "static void *acts(void *at) { ACT; return at; }"
    "int main(void) { pthread_t t; pthread_create(&t, 0, acts, 0);"
    "int last = x.a[2], first = x.a[0]; pthread_join(t, 0);"
    "assert(x.a[0] == x.a[2] && x.a[1] == x.a[0]); assert(!last || first); return 0; }"
)
STACK = (
    "int main(void) { int x = 0; pthread_t t; pthread_create(&t, 0, writes, &x);"
    "int seen = x; pthread_join(t, 0); assert(x == 1 && SEEN); return 0; }"
)
#: One thread copies at once what another writes at once; `words` of it are seen whole.
AT_ONCE = (
    "#include <stdint.h>\ntypedef struct { KIND } object; static object x, seen;"
    "static void *acts(void *at) { FILL; return at; }"
    "int main(void) { pthread_t t; pthread_create(&t, 0, acts, 0);"
    'COPY; __asm__ volatile("" : : : "memory"); pthread_join(t, 0); assert(HOLDS); return 0; }'
)


def at_once(kind: str, fill: str, copy: str, holds: str) -> str:
    """The program with its object, and what is done to it."""
    text = AT_ONCE.replace("KIND", kind).replace("FILL", fill)
    return text.replace("COPY", copy).replace("HOLDS", holds)


TWO, APART = "_Alignas(16) int64_t a, b;", "char c; int32_t __attribute__((packed)) a;"
BOTH = ("memset(&x, 1, 16)", "memcpy(&seen, &x, 16)")
ONE = ("x.a = 0x01010101", "seen.a = x.a")
#: The program, and what holds of it under rc11 and under sc: how many executions, or a failure.
PROGRAMS = {
    "a stack": (WRITES + STACK.replace("SEEN", "seen < 2"), 2, 2),
    "a stack, and its thread sees it": (WRITES + STACK.replace("SEEN", "!seen"), 0, 0),
    "a thread-local variable": (
        WRITES + "static _Thread_local int x;" + STACK.replace("int x = 0;", "")
        .replace("SEEN", "seen < 2"), 2, 2),
    "a copied structure": (THREE.replace("ACT", "x = y"), 0, 3),
    "a structure copied by a call": (
        THREE.replace("ACT", "memcpy(at ? at : &x, &y, sizeof y)"), 0, 3),
    "a structure filled by a call": (
        THREE.replace("ACT", "memset(at ? at : &x, 1, sizeof x)"), 0, 3),
    "a vector is not one word": (at_once(TWO, *BOTH, "seen.a == seen.b"), 0, 0),
    "each word of a vector is whole": (
        at_once(TWO, *BOTH, "(char)seen.a == seen.a >> 56 && (char)seen.b == seen.b >> 56"),
        4, 4),
    "a word that is not aligned": (at_once(APART, *ONE, "!seen.a || seen.a == x.a"), 0, 0),
    "a byte of a word that is not aligned": (
        at_once(APART, *ONE, "!(seen.a & 255) || (seen.a & 255) == 1"), 8, 8),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_races_is_explored(name: str, tmp_path: Path) -> None:
    text, *counts = PROGRAMS[name]
    source = tmp_path / "program.c"
    source.write_text(HEAD + text)
    for model, count in zip(("rc11", "sc"), counts, strict=True):
        result = check([source], model=model, races="allow", capsules=tmp_path)
        kinds = [failure["kind"] for failure in result.failures]
        assert kinds == ([] if count else ["assertion"])
        if count:
            assert (result.verdict, result.executions) == (Verdict.PASSED, count)
        else:
            again = replay(Path(result.failures[0]["capsule"]))
            assert again.verdict is Verdict.FAILED
