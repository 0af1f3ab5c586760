"""Arithmetic of every width on shared memory is an access, and compiles at every level."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.explorer.built import build_program
from heald.explorer.program import check
from heald.verdicts import Verdict

PROGRAM = """\
#include <pthread.h>
static {type} total = 1;
static void *works(void *unused) {{
    total = total * ({type})2;
    {sum}
    return unused;
}}
int main(void) {{
    pthread_t t;
    pthread_create(&t, 0, works, 0);
    {join}
    works(0);
    {late}
    return 0;
}}
"""
JOIN = "pthread_join(t, 0);"
TYPES = ("float", "double", "long double", "short", "unsigned char", "long", "__int128")


def program(kind: str, *, joined: bool) -> str:
    operation = "total -= 1;" if kind != "double" else "if (total < 9.5) total /= 3;"
    return PROGRAM.format(
        type=kind,
        sum=operation,
        join=JOIN if joined else "",
        late="" if joined else JOIN,
    )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("joined", [True, False], ids=["joined", "racing"])
def test_arithmetic_in_memory_is_seen(
    kind: str, joined: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(program(kind, joined=joined))
    result = check(["p.c"], budget_s=60)
    kinds = [failure["kind"] for failure in result.failures]
    assert kinds == ([] if joined else ["data race"])
    assert result.verdict is (Verdict.PASSED if joined else Verdict.FAILED)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["-O0", "-O2", "-O3"])
def test_every_level_compiles(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sources = []
    for number, kind in enumerate(TYPES):
        text = program(kind, joined=True).replace("int main", f"int main{number or ''}")
        Path(f"p{number}.c").write_text(text)
        sources.append(f"p{number}.c")
    assert build_program(sources, cflags=[level]).exists()
