"""What happens behind the explorer's back is noticed where it can be, and said."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import UsageError, Verdict
from tests.programs.cxx.test_cxx import needs_libcxx
from tests.texts import written

from .programs import CXX, HEAD
from .sound_programs import SOUND

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the assembly is for x86-64"
)


def run(text: str, suffix: str = ".c", **options: Any) -> CheckResult:
    path = written(text, f"program{suffix}")
    linked = options.pop("cflags", [])
    options.setdefault("trust", ("plain.o",) if linked else ())
    cflags = ["-mcx16", *linked]
    return check([path], cflags=cflags, **options)


def without_hooks(folder: Path) -> str:
    """Return the option that links a function which stores, compiled as always."""
    source, made = folder / "plain.c", folder / "plain.o"
    source.write_text("void behind(int *place) { *place = 1; }")
    subprocess.run(["gcc", "-fPIC", "-c", source, "-o", made], check=True)
    return f"-Wl,{made}"


def test_code_without_hooks_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^plain\.o was compiled without the explorer's hooks"
    ):
        run(HEAD + PLAIN, cflags=[without_hooks(tmp_path)], trust=())


def test_a_member_of_an_archive_without_hooks_is_refused_by_name(tmp_path: Path) -> None:
    without_hooks(tmp_path)
    archive = tmp_path / "libpart.a"
    subprocess.run(["ar", "rcs", archive, tmp_path / "plain.o"], check=True)
    with pytest.raises(UsageError, match=r"^libpart\.a\(plain\.o\) was compiled without"):
        run(HEAD + PLAIN, cflags=[f"-Wl,{archive}"], trust=())
    assert run(HEAD + PLAIN, cflags=[f"-Wl,{archive}"], trust=("libpart.a",)).notes


def test_an_archive_with_hooks_is_welcome(tmp_path: Path) -> None:
    source, made, archive = (tmp_path / f"part.{end}" for end in ("c", "o", "a"))
    source.write_text("int n; void behind(int *place) { *place = ++n; }")
    hooks = ["-fsanitize=thread", "-fno-plt", "-fPIC", "-O1"]
    subprocess.run(["gcc", *hooks, "-c", source, "-o", made], check=True)
    subprocess.run(["ar", "rcs", archive, made], check=True)
    result = run(HEAD + PLAIN, cflags=[f"-Wl,{archive}"], trust=())
    assert (result.verdict, result.notes) == (Verdict.PASSED, [])


COPIED = (
    "struct big { char bytes[64]; } from, to; int n;\n"
    "void behind(int *place) { *place = ++n;\n"
    "  __builtin_memset(&to, 0, sizeof to); }"
)
SWITCHED = (
    "int n[9]; void behind(int *p) { switch (*p) { case 0: n[1] = 2; break; case 1: n[2] = 3;\n"
    "case 2: n[3]++; break; case 3: n[5] = n[6]; break; case 4: *p = 1; break;\n"
    'case 5: __asm__ volatile("movl $1, (%0)" : : "r"(n) : "memory"); } }'
)
EXCHANGED = (
    "long x; void behind(int *p) { long v = *p;\n"
    '__asm__ volatile("lock xaddq %0, %1" : "+r"(v), "+m"(x)); *p = (int)v; }'
)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param(COPIED, r"movaps in behind, part\.c:3|movups in behind", id="block"),
        pytest.param(SWITCHED, r"movl in behind, part\.c:3", id="behind a switch"),
        pytest.param(EXCHANGED, r"lock xaddq in behind, part\.c:2", id="locked"),
    ],
)
def test_what_hooks_of_an_archive_leave_out_is_refused_with_its_line(
    tmp_path: Path, text: str, what: str, level: str, compiler: str
) -> None:
    if text is COPIED and (compiler == "clang" or level == "-O0"):
        pytest.skip("that is a call there, and those are seen")
    source, made, archive = (tmp_path / f"part.{end}" for end in ("c", "o", "a"))
    source.write_text(text)
    options = [level, "-g", "-fsanitize=thread", "-fPIC"]
    subprocess.run([compiler, *options, "-c", source, "-o", made], check=True)
    subprocess.run(["ar", "rcs", archive, made], check=True)
    linked = [f"-Wl,{archive}"]
    with pytest.raises(
        UsageError, match=rf"^part\.a\(part\.o\) was compiled with hooks .*({what})"
    ):
        run(HEAD + PLAIN, cflags=linked, trust=())
    trusted = run(HEAD + PLAIN, cflags=linked, trust=("part.a",))
    assert trusted.notes


@pytest.mark.parametrize(
    "option", ["-flto", "-fno-sanitize=thread", "-masm=intel", "-m32"]
)
def test_an_option_under_which_nothing_is_seen_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match=f"^{option} cannot be used with exploration"):
        run(HEAD + PLAIN, cflags=[option])


ATOMIC = (
    "void behind(int *); atomic_int x, y; THREAD(f) { UNUSED; behind((int *)&x); y = 1; return 0; }"
    "int main(void) { go(f,0); while (!y) ; int v = x; done(); return v; }"
)
PLAIN = (
    "void behind(int *); int d; atomic_int y; THREAD(f) { UNUSED; behind(&d); y = 1; return 0; }"
    "int main(void) { go(f,0); while (!y) ; int v = d; if (v) y = 2; done(); }"
)
OVERWRITTEN = (
    "void behind(int *); int d; atomic_int y; THREAD(f) { UNUSED; d = 5; if (y == 7) y = 8; "
    "behind(&d); y = 1; return 0; }"
    " int main(void) { go(f,0); while (!y) ; int v = d; if (v) y = 2; done(); }"
)


IN_PARTS = (
    "void behind(int *); union { _Atomic long whole; atomic_int half[2]; } x; atomic_int y;"
    "THREAD(f) { UNUSED; x.half[1] = 3; behind((int *)&x.half[CHANGED]); y = 1; return 0; }"
    "int main(void) { go(f,0); while (!y) ; long v = x.whole; done(); return v == 9; }"
)


UNSEEN = "memory changed without an access that the explorer saw"


def test_an_atomic_that_changes_unseen_is_refused_by_place(tmp_path: Path) -> None:
    result = run(HEAD + ATOMIC, cflags=[without_hooks(tmp_path)])
    assert result.verdict is Verdict.USAGE_ERROR
    (failure,) = result.failures
    assert failure["kind"] == "unsupported"
    assert "by inline assembly" in failure["message"]
    assert failure["where"][0]["function"] == "main"


@pytest.mark.parametrize("changed", [0, 1])
def test_so_is_one_that_is_accessed_in_parts(tmp_path: Path, changed: int) -> None:
    text = HEAD + IN_PARTS.replace("CHANGED", str(changed))
    result = run(text, cflags=[without_hooks(tmp_path)])
    assert [failure["kind"] for failure in result.failures] == ["unsupported"]
    (failure,) = result.failures
    assert "by inline assembly" in failure["message"]


def test_one_in_parts_that_changes_seen_alone_passes() -> None:
    seen = IN_PARTS.replace("behind((int *)&x.half[CHANGED])", "x.half[0] = 1")
    assert run(HEAD + seen).verdict is Verdict.PASSED


@pytest.mark.parametrize("text", [PLAIN, OVERWRITTEN], ids=["never written", "written"])
@pytest.mark.parametrize("search", ["exhaustive", "random"])
def test_plain_memory_that_changes_unseen_is_noted_and_nothing_remembered(
    tmp_path: Path, text: str, search: str
) -> None:
    limits: dict[str, Any] = {"max_executions": 50} if search == "random" else {}
    limits["cflags"] = [without_hooks(tmp_path)]
    result = run(HEAD + text, search=search, **limits)
    assert result.verdict is Verdict.UNTRUSTWORTHY
    note, trusted = result.notes
    assert trusted.startswith("plain.o is trusted")
    assert note.startswith(UNSEEN)
    assert result.to_json()["notes"] == result.notes
    # Every execution was really run.
    assert result.engine["runs"] >= result.executions


@pytest.mark.parametrize("name", sorted(SOUND.keys() - {"arguments"}))
def test_seen_memory_is_never_noted(name: str) -> None:
    notes = run(HEAD + SOUND[name][0]).notes
    assert not [note for note in notes if note.startswith(UNSEEN)]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize("name", CXX)
def test_what_the_cxx_library_writes_is_seen(name: str) -> None:
    """The parts of it that write to the program's memory are compiled with the program."""
    assert not run(CXX[name][0], ".cc").notes


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
def test_so_is_it_in_a_standard_older_than_what_stands_in_for_the_library() -> None:
    text = "int main() { try { throw 1; } catch (int) { return 0; } }"
    result = check([written(text, "program.cc")], cflags=["-std=c++98"])
    assert (result.verdict, result.notes) == (Verdict.PASSED, [])


@needs_libcxx
@pytest.mark.parametrize("name", [name for name in CXX if "-held" in name])
def test_what_the_library_of_llvm_writes_of_exceptions_is_seen(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "clang++")
    path = written(CXX[name][0], "program.cc")
    result = check([path], cflags=["-stdlib=libc++"])
    kinds = [failure["kind"] for failure in result.failures]
    assert (kinds, result.notes) == ([CXX[name][1]] if CXX[name][1] else [], [])


@pytest.mark.parametrize("read", ["puts(text)", "free(strdup(text))", "putchar(*text)"])
def test_what_a_trusted_archive_wrote_is_noticed_where_a_text_is_read(
    read: str, tmp_path: Path
) -> None:
    (tmp_path / "fill.c").write_text("void fill(char *to) { to[0] = 'h'; to[1] = 0; }\n")
    for words in (["gcc", "-c", "fill.c"], ["ar", "rcs", "libfill.a", "fill.o"]):
        subprocess.run(words, cwd=tmp_path, check=True)
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nvoid fill(char *to);"
        f" static char text[8]; int main(void) {{ fill(text); return ({read}, 0); }}\n"
    )
    flags = [f"-L{tmp_path}", "-lfill"]
    result = check([tmp_path / "main.c"], cflags=flags, trust=["libfill.a"], budget_s=60)
    assert result.verdict is Verdict.UNTRUSTWORTHY


LARGE = (
    "atomic_int y; static char *p; THREAD(f) { UNUSED; p[SIZE / 2] = 1; STORE; return 0; }"
    "int main(void) { p = malloc(SIZE); go(f,0); if (LOAD) free(p); done(); }"
)
ORDERED = {"STORE": "y = 1", "LOAD": "y == 1"}
RELAXED = {
    "STORE": "atomic_store_explicit(&y, 1, memory_order_relaxed)",
    "LOAD": "y == 1",
}


@pytest.mark.parametrize("size", ["100", "(75 << 10)", "(3 << 20)"])
@pytest.mark.parametrize("is_sound", [True, False], ids=["ordered", "relaxed"])
def test_a_large_block_in_use_must_not_be_freed_either(size: str, is_sound: bool) -> None:
    text = LARGE.replace("SIZE", size)
    for word, how in (ORDERED if is_sound else RELAXED).items():
        text = text.replace(word, how)
    result = run(HEAD + text)
    kinds = [failure["kind"] for failure in result.failures]
    assert kinds == ([] if is_sound else ["use after free"])
    assert ("larger than 80 KiB" in " ".join(result.notes)) == (size == "(3 << 20)")


@pytest.mark.parametrize("size", ["64", "(75 << 10)"])
def test_uninitialised_bytes_of_a_block_up_to_the_limit_are_found(size: str) -> None:
    text = "int main(void) { char *p = malloc(N); p[0] = 1; int v = p[N / 2]; free(p); return v; }"
    result = run(HEAD + text.replace("N", size))
    assert [failure["kind"] for failure in result.failures] == ["uninitialised read"]
