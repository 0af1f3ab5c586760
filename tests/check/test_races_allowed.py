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
