"""What the explorer says of small programs of the C++ library, sound and with a flaw planted.

Each file passes under every model, but for those named in ``LIBRARY``: there libstdc++ 12 itself
is at fault by the letter of the model (docs/checking-a-program.md). A flaw is a macro.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import UsageError, Verdict

HERE = Path(__file__).resolve().parent
MODELS = ("sc", "tso", "rc11")
RC11 = frozenset({"rc11"})
EVERYWHERE = frozenset(MODELS)

#: program, macro: the kind of failure and the models that show it
FLAWS = {
    ("mutex", "NO_LOCK"): ("data race", EVERYWHERE),
    ("condition", "NO_SIGNAL"): ("deadlock", EVERYWHERE),
    ("shared_pointer", "SHARED"): ("data race", EVERYWHERE),
    ("shared_mutex", "NO_LOCK"): ("data race", EVERYWHERE),
    ("scoped_lock", "ONE_BY_ONE"): ("deadlock", EVERYWHERE),
    ("exceptions", "UNCAUGHT"): ("uncaught exception", EVERYWHERE),
    ("atomic_ref", "PLAIN"): ("data race", EVERYWHERE),
    ("deque", "NO_LOCK"): ("data race", EVERYWHERE),
    ("map", "NO_LOCK"): ("data race", EVERYWHERE),
    ("set", "NO_LOCK"): ("data race", EVERYWHERE),
    ("multimap", "NO_LOCK"): ("data race", EVERYWHERE),
    ("list", "NO_LOCK"): ("data race", EVERYWHERE),
    ("unordered_map", "NO_LOCK"): ("data race", EVERYWHERE),
    ("string", "NO_LOCK"): ("data race", EVERYWHERE),
    ("erase", "TOGETHER"): ("data race", EVERYWHERE),
    ("virtual_publish", "PUBLISH=std::memory_order_relaxed"): ("data race", RC11),
    ("coroutine", "HAND_OVER=std::memory_order_relaxed"): ("data race", RC11),
    ("cout_at_once", "SETS"): ("data race", EVERYWHERE),
    ("pointer_functions", "PLAIN"): ("data race", EVERYWHERE),
    ("held_exception", "CHANGED=1"): ("data race", EVERYWHERE),
    ("memory_resource", "TOGETHER"): ("data race", EVERYWHERE),
    ("memory_resource", "ONE_BUFFER"): ("data race", EVERYWHERE),
    ("terminate", "NO_JOIN"): ("abort", EVERYWHERE),
    ("shared_text", "KEEPS"): ("use after free", EVERYWHERE),
    ("flag_wait", "CLEAR=std::memory_order_release"): ("deadlock", RC11),
}

#: What libstdc++ 12 does itself.
LIBRARY = {
    "latch": ("deadlock", RC11),
    "barrier": ("deadlock", RC11),
    "counting_semaphore": ("deadlock", EVERYWHERE),
    "atomic_shared_pointer": ("data race", RC11),
}

#: What libc++ 14 has not got.
NOT_IN_LIBCXX = {
    "memory_resource",
    "atomic_ref",
    "atomic_shared_pointer",
    "condition_any",  # with a stop token
    "memory_pool",
    "stop_callback",
    "stop_token",
}

#: Too many executions to visit all: sampled.
SAMPLED = {"scoped_lock"}

PROGRAMS = sorted(path.stem for path in HERE.glob("*.cpp"))


def major(compiler: str) -> int:
    return 0 if shutil.which(compiler) is None else _version(compiler)


def _version(compiler: str) -> int:
    said = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True)
    return int(said.stdout.split(".")[0])


pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None, reason="g++ is not installed"
)


def kind_found(
    name: str, model: str, *macros: str, library: str = "libstdc++"
) -> str | None:
    path = HERE / f"{name}.cpp"
    flags = re.findall(r"^// flags: (.*)$", path.read_text(), re.MULTILINE)
    limits = (
        {"search": "random", "max_executions": 200, "seed": 1} if name in SAMPLED else {}
    )
    result = check(
        [path],
        cflags=[
            *([f"-stdlib={library}"] if library != "libstdc++" else []),
            *" ".join(flags).split(),
            *(f"-D{macro}" for macro in macros),
        ],
        model=model,
        budget_s=600,
        **limits,
    )
    if result.failures:
        return str(result.failures[0]["kind"])
    assert result.verdict is Verdict.PASSED
    return None


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_passes_but_for_what_the_library_does_itself(name: str) -> None:
    kind, models = LIBRARY.get(name, (None, frozenset()))
    if name in LIBRARY and major("g++") != 12:
        pytest.skip("what libstdc++ does itself is known of version 12")
    found = {model: kind_found(name, model) for model in MODELS}
    assert found == {model: kind if model in models else None for model in MODELS}


@pytest.mark.parametrize(("name", "macro"), FLAWS)
def test_planted_flaw_is_found(name: str, macro: str) -> None:
    if name == "flag_wait" and major("g++") != 12:
        pytest.skip("what libstdc++ does itself is known of version 12")
    kind, models = FLAWS[name, macro]
    found = {model: kind_found(name, model, macro) for model in MODELS}
    assert found == {model: kind if model in models else None for model in MODELS}


def has_libcxx() -> bool:
    if shutil.which("clang++") is None:
        return False
    command = ["clang++", "-stdlib=libc++", "-print-file-name=libc++.a"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    return major("clang++") == 14 and Path(said.strip()).is_absolute()


needs_libcxx = pytest.mark.skipif(not has_libcxx(), reason="libc++ 14 is not installed")


@needs_libcxx
@pytest.mark.parametrize("name", sorted({*PROGRAMS} - NOT_IN_LIBCXX))
def test_program_passes_with_the_library_of_llvm(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "clang++")
    found = {model: kind_found(name, model, library="libc++") for model in MODELS}
    assert found == dict.fromkeys(MODELS)


@needs_libcxx
@pytest.mark.parametrize(("name", "macro"), FLAWS)
def test_planted_flaw_is_found_with_the_library_of_llvm(
    name: str, macro: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in NOT_IN_LIBCXX:
        pytest.skip("libc++ 14 has not got that")
    monkeypatch.setenv("CXX", "clang++")
    kind, models = FLAWS[name, macro]
    if name == "flag_wait":  # no flaw where everybody is notified
        models = frozenset()
    found = {model: kind_found(name, model, macro, library="libc++") for model in MODELS}
    assert found == {model: kind if model in models else None for model in MODELS}


def test_the_library_of_llvm_needs_its_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "g++")
    with pytest.raises(UsageError, match=r"^-stdlib=libc\+\+ is an option of clang"):
        check([HERE / "mutex.cpp"], cflags=["-stdlib=libc++"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("clang++") is None, reason="clang++ is not installed")
@pytest.mark.parametrize("name", PROGRAMS)
def test_clang_compiles_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "clang++")
    kind, models = LIBRARY.get(name, (None, frozenset()))
    assert kind_found(name, "rc11") == (kind if "rc11" in models else None)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("clang++") is None, reason="clang++ is not installed")
@pytest.mark.parametrize(("name", "macro"), FLAWS)
def test_clang_finds_the_same(
    name: str, macro: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "clang++")
    assert kind_found(name, "rc11", macro) == FLAWS[name, macro][0]
