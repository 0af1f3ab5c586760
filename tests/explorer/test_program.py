"""What ``check()`` says of small programs: each flaw by its name, no false alarm."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import EngineError, UsageError, Verdict
from tests.check.flawed_programs import FLAWED, REFUSED
from tests.check.programs import CXX, HEAD
from tests.check.sound_programs import SOUND
from tests.texts import written

ARGUMENTS = {"arguments": ("one", "two words")}


def run(text: str, suffix: str = ".c", **options: Any) -> CheckResult:
    path = written(text, f"program{suffix}")
    options.setdefault("cflags", ("-mcx16",))
    options.setdefault("endless_ms", 400)
    return check([path], max_events=20_000, budget_s=20, **options)


@pytest.mark.parametrize("name", FLAWED)
def test_flaw_is_found(name: str) -> None:
    text, kind = FLAWED[name]
    result = run(HEAD + text)
    assert [failure["kind"] for failure in result.failures] == [kind]
    assert result.verdict is Verdict.FAILED


@pytest.mark.parametrize("name", SOUND)
def test_sound_program_passes(name: str) -> None:
    text, executions = SOUND[name]
    result = run(HEAD + text, arguments=ARGUMENTS.get(name, ()))
    assert result.failures == []
    assert (result.verdict, result.exhaustive) == (Verdict.PASSED, True)
    assert executions is None or result.executions == executions


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_modelled_is_refused_by_name_and_place(name: str) -> None:
    text, word = REFUSED[name]
    result = run(HEAD + text)
    assert result.verdict is Verdict.USAGE_ERROR
    failure = result.failures[0]
    assert word in failure["message"]
    assert failure["where"][0]["file"].endswith("program.c")
    assert failure["where"][0]["function"] == "main"


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize("name", CXX)
def test_cxx_program(name: str) -> None:
    text, kind = CXX[name]
    result = run(text, suffix=".cc")
    assert [failure["kind"] for failure in result.failures] == ([kind] if kind else [])
    assert result.exhaustive is (kind is None)


SAME_WITH_CLANG = ("store-buffering", "mutex", "cas-lock", "spin-wait", "thread-local")


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
@pytest.mark.parametrize("name", SAME_WITH_CLANG)
def test_clang_gives_the_same_executions(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "clang")
    text, executions = SOUND[name]
    result = run(HEAD + text)
    assert (result.failures, result.executions) == ([], executions)


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
@pytest.mark.parametrize("name", ["plain-increment", "volatile-is-not-atomic"])
def test_clang_shows_the_same_race(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "clang")
    text, kind = FLAWED[name]
    assert [f["kind"] for f in run(HEAD + text).failures] == [kind]


LOOPS = ("cas-lock", "spin-wait", "spinning-on-trylock")


@pytest.mark.parametrize("search", ["uniform", "pct", "pos", "random"])
def test_sampling_finds_a_race_and_says_what_a_pass_is_worth(search: str) -> None:
    found = run(HEAD + FLAWED["plain-increment"][0], search=search, max_executions=200)
    assert [failure["kind"] for failure in found.failures] == ["data race"]
    passed = run(HEAD + SOUND["mutex"][0], search=search, max_executions=300)
    assert (passed.verdict, passed.exhaustive) == (Verdict.PASSED, False)
    assert passed.missed_bound == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("level", ["-O0", "-O2", "-O3"])
@pytest.mark.parametrize("name", LOOPS)
def test_waiting_loops_are_seen_at_every_optimisation(name: str, level: str) -> None:
    text, executions = SOUND[name]
    result = run(HEAD + text, cflags=(level,))
    assert (result.failures, result.executions) == ([], executions)


def test_races_allowed_show_the_lost_update() -> None:
    text = (
        "int x; THREAD(f) { UNUSED; x++; return 0; }"
        "int main(void) { go(f,0); go(f,0); done(); assert(x == 2); }"
    )
    result = run(HEAD + text, races="allow")
    assert [failure["kind"] for failure in result.failures] == ["assertion"]


def test_weaker_models_have_more_executions() -> None:
    text = HEAD + SOUND["store-buffering"][0].replace(
        "atomic_store(&", "atomic_store_explicit(&"
    ).replace(", 1);", ", 1, memory_order_relaxed);").replace(
        "atomic_load(&x)", "atomic_load_explicit(&x, memory_order_relaxed)"
    ).replace("atomic_load(&y)", "atomic_load_explicit(&y, memory_order_relaxed)")
    counts = {model: run(text, model=model).executions for model in ("sc", "rc11")}
    assert counts == {"sc": 3, "rc11": 4}


def test_places_name_file_line_and_function() -> None:
    text = (
        "#include <pthread.h>\nint x;\nvoid *f(void *a) {\n  x++;\n  return a;\n}\n"
        + (
            "int main(void) {\n  pthread_t t;\n  pthread_create(&t, 0, f, 0);\n  x = 1;\n"
            "  pthread_join(t, 0);\n}\n"
        )
    )
    (failure,) = run(text).failures
    places = {(p["function"], p["line"], p["thread"]) for p in failure["where"]}
    assert places == {("f", 4, 1), ("main", 10, 0)}
    assert {p["at"] for p in failure["where"]} == {"x+0"}


def test_two_processes_say_the_same() -> None:
    text = HEAD + FLAWED["message-passing-relaxed"][0]
    first, second = (run(text) for _ in range(2))
    assert first.failures == second.failures


def test_several_files_are_one_program(tmp_path: Path) -> None:
    one, two = tmp_path / "one.c", tmp_path / "two.c"
    one.write_text("int f(void); int main(void) { return f(); }")
    two.write_text("int f(void) { return 0; }")
    assert check([one, two]).verdict is Verdict.PASSED


def test_program_from_standard_input() -> None:
    result = check(["-"], stdin="int main(void) { return 0; }")
    assert (result.program, result.executions) == ("-", 1)


def test_output_is_kept() -> None:
    text = HEAD + 'int main(void) { printf("x=%d\\n", 3); write(1, "y", 1); }'
    assert run(text).output == "x=3\ny"


def test_compiler_error_is_a_usage_error_in_its_own_words() -> None:
    with pytest.raises(UsageError, match=r"program\.c:1:\d+: error: "):
        run("int main(void) { return x; }")


def test_missing_file_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^there is no file nowhere\.c$"):
        check(["nowhere.c"])


def test_function_that_no_file_has_asks_for_its_file() -> None:
    result = run("void elsewhere(void); int main(void) { elsewhere(); }")
    assert result.verdict is Verdict.USAGE_ERROR
    assert result.failures[0]["message"] == (
        "the program calls `elsewhere`, which no file given defines: name the file that "
        "does as well"
    )


def test_program_without_main_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^the program has no main function: name the"):
        run("int x;")


def test_unknown_model_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^model must be sc or tso or rc11; got 'arm'$"):
        check([], model="arm")


def test_limit_on_executions_leaves_it_undecided() -> None:
    result = run(HEAD + SOUND["mutex"][0], max_executions=2)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "executions")


def test_budget_leaves_it_undecided() -> None:
    text = HEAD + (
        "atomic_int x; THREAD(f) { UNUSED; for (int i = 0; i < 9; i++) x++; return 0; }"
        "int main(void) { for (int i = 0; i < 6; i++) go(f,0); done(); }"
    )
    path = written(text, "long.c")
    result = check([path], budget_s=0.3)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "budget")
    assert result.executions > 0
    assert result.seconds > 0.25


def test_death_of_the_engine_is_an_engine_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engine"
    engine.write_text("#!/bin/sh\nkill -SEGV $$\n")
    engine.chmod(0o755)
    monkeypatch.setattr("heald.building.engine.engine_path", lambda _name: engine)
    with pytest.raises(
        EngineError, match=r"^engine bug: heald-explore was killed by SIGSEGV$"
    ):
        run("int main(void) { return 0; }")
