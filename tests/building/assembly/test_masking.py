"""Bit-fields and their neighbours: one memory location or two, as C11 has it."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

from .drawn_fields import drawn

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the assembly is for x86-64"
)


def kinds(text: str, level: str) -> list[str]:
    """Return the failures; no other answer than *passed* and *failed* will do."""
    source = written(text)
    result = check([source], cflags=["-w", level])
    assert result.verdict in (Verdict.PASSED, Verdict.FAILED), result.notes
    return [failure["kind"] for failure in result.failures]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-O3"])
def test_drawn_structures(
    tmp_path: Path, level: str, compiler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler)
    for seed in range(5):
        fields = drawn(1000 * int(level[2]) + seed)
        found = kinds(fields.program(), level)
        if not fields.is_race:
            assert found == [], fields
        elif fields.share_a_byte(tmp_path):
            assert found == ["data race"], fields
        # else the compiler has put one memory location into bytes apart (docs/memory-model.md)


WIDER = (
    "#include <pthread.h>\n"
    "struct s { short a:3; struct { char b:3; } n; int c:11; struct { char d:2; } m; };\n"
    "static struct s s;\n"
    "static void *f(void *q) { s.c = 1; return q; }\n"
    "static void *g(void *q) { s.%s = 0; return q; }\n"
    "int main(void) { pthread_t t, u; pthread_create(&t, 0, f, 0);\n"
    "pthread_create(&u, 0, g, 0); pthread_join(t, 0); pthread_join(u, 0); return 0; }\n"
)


@pytest.mark.parametrize(("member", "expected"), [("m.d", []), ("c", ["data race"])])
def test_a_load_that_clang_makes_wider_is_no_access_of_the_neighbour(
    member: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "clang")
    assert kinds(WIDER % member, "-O3") == expected


ONE_BY_ONE = (
    "#include <pthread.h>\n#include <stdlib.h>\n"
    "struct s { unsigned a : 4, b : 4; unsigned : 0; unsigned c : 8; int n; };\n"
    "static void *f(void *q) { struct s *s = q; s->c = 3; return NULL; }\n"
    "int main(void) { struct s *s = malloc(sizeof *s); s->a = 1; s->b = 2;\n"
    "pthread_t t; pthread_create(&t, NULL, f, s); s->a = 5; %s pthread_join(t, NULL);\n"
    "int wrong = s->a != 5 || s->b != 2 || s->c != 3; free(s); return wrong; }\n"
)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize(
    ("flaw", "expected"),
    [("", []), ("s->n++;", ["uninitialised read"]), ("s->c = 4;", ["data race"])],
)
def test_fields_of_a_new_block_are_set_one_by_one(
    flaw: str,
    expected: list[str],
    level: str,
    compiler: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", compiler)
    assert kinds(ONE_BY_ONE % flaw, level) == expected


HALVES = (
    "#include <pthread.h>\n#include <stdint.h>\n"
    "static union { uint32_t word; struct { uint16_t owner, next; } s; } lock;\n"
    "static int n;\n"
    "static void *f(void *q) {\n"
    "uint16_t me = __atomic_fetch_add(&lock.s.next, 1, __ATOMIC_RELAXED);\n"
    "while (__atomic_load_n(&lock.s.owner, __ATOMIC_%s) != me) ;\n"
    "n++; __atomic_store_n(&lock.s.owner, lock.s.owner + 1, __ATOMIC_RELEASE);\n"
    "return q; }\n"
    "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); f(0);\n"
    "pthread_join(t, 0); return n != 2; }\n"
)


@pytest.mark.parametrize(
    ("order", "expected"), [("ACQUIRE", []), ("RELAXED", ["data race"])]
)
def test_half_a_word_that_clang_loads_whole_is_half_a_word(
    order: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "clang")
    assert kinds(HALVES % order, "-O1") == expected


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_what_is_read_and_then_overwritten_has_been_read(
    compiler: str, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler)
    text = (
        "#include <stdlib.h>\nstruct pair { int a, b; } *k;\n"
        "static int take(void) { int old = k->b; k->b = 0; return old; }\n"
        "int main(void) { k = malloc(sizeof *k); int old = take(); free(k);"
        "return old == 77777; }\n"
    )
    assert kinds(text, level) == ["uninitialised read"]
