"""What a program says of itself when it ends counts: status, signal, destructors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import heald
from heald.explorer.program import CheckResult, check
from heald.testing.repeated import HealdRun
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int told;
__attribute__((unused)) static void told_is_1(void) { assert(told == 1); }
__attribute__((unused)) static void told_is_2(void) { assert(told == 2); told = 1; }
"""

#: The program, the kind of failure, a piece of its message.
FLAWED = {
    "main returns 1": ("int main(void) { return 1; }", "exit status", "main returned 1"),
    "main returns -1": ("int main(void) { return -1; }", "exit status", "returned -1"),
    "exit": ("int main(void) { exit(3); }", "exit status", "exit(3)"),
    "exit in a thread": (
        "static void *f(void *p) { exit(p == 0); }"
        "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); }",
        "exit status",
        "exit(1)",
    ),
    "_exit": ("int main(void) { _exit(2); }", "exit status", "_exit(2)"),
    "quick_exit": ("int main(void) { quick_exit(4); }", "exit status", "quick_exit(4)"),
    "a status by which only some executions end": (
        "static atomic_int n; static void *f(void *p) { int v = n; n = v + 1; return p; }"
        "int main(void) { pthread_t a, b; pthread_create(&a, 0, f, 0);"
        " pthread_create(&b, 0, f, 0); pthread_join(a, 0); pthread_join(b, 0);"
        " return n == 2 ? EXIT_SUCCESS : EXIT_FAILURE; }",
        "exit status",
        "main returned 1",
    ),
    "a destructor": (
        "__attribute__((destructor)) static void end(void) { assert(told == 0); }"
        "int main(void) { told = 1; }",
        "assertion",
        "told == 0",
    ),
    "a destructor after exit": (
        "__attribute__((destructor)) static void end(void) { assert(told == 0); }"
        "int main(void) { told = 1; exit(0); }",
        "assertion",
        "told == 0",
    ),
    "a handler": (
        "int main(void) { atexit(told_is_1); }",
        "assertion",
        "told == 1",
    ),
    "a handler that exits": (
        "static void end(void) { _exit(7); } int main(void) { atexit(end); }",
        "exit status",
        "_exit(7)",
    ),
    "a race of a destructor": (
        "__attribute__((destructor)) static void end(void) { told = 2; }"
        "static void *f(void *p) { told = 1; return p; }"
        "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); }",
        "data race",
        "unordered",
    ),
    "a signal": ("int main(void) { raise(SIGTERM); }", "signal", "raise(SIGTERM)"),
    "kill": ("int main(void) { kill(getpid(), SIGKILL); }", "signal", "kill(SIGKILL)"),
    "pthread_kill": (
        "int main(void) { pthread_kill(pthread_self(), SIGUSR1); }",
        "signal",
        "pthread_kill(SIGUSR1)",
    ),
    "SIGABRT": ("int main(void) { raise(SIGABRT); }", "abort", "raise(SIGABRT)"),
    "a signal that is ignored no more": (
        "int main(void) { signal(SIGPIPE, SIG_IGN); signal(SIGPIPE, SIG_DFL); raise(SIGPIPE); }",
        "signal",
        "raise(SIGPIPE)",
    ),
}

SOUND = {
    "main returns 0": "int main(void) { return 0; }",
    "exit": "int main(void) { exit(EXIT_SUCCESS); }",
    "what the system does not see of a status": "int main(void) { return 256; }",
    "handlers run backwards": (
        "int main(void) { atexit(told_is_1); atexit(told_is_2); told = 2; }"
    ),
    "destructors run after handlers": (
        "__attribute__((destructor)) static void end(void) { assert(told == 1); }"
        "int main(void) { atexit(told_is_2); told = 2; }"
    ),
    "_exit runs neither": (
        "__attribute__((destructor)) static void end(void) { abort(); }"
        "int main(void) { atexit(abort); _exit(0); }"
    ),
    "quick_exit runs its own": (
        "static void set(void) { told = 2; }"
        "int main(void) { atexit(abort); at_quick_exit(told_is_2); at_quick_exit(set);"
        " quick_exit(0); }"
    ),
    "an ignored signal": (
        "int main(void) { signal(SIGPIPE, SIG_IGN); raise(SIGPIPE);"
        " assert(signal(SIGPIPE, SIG_DFL) == SIG_IGN); }"
    ),
    "a signal that nobody minds": "int main(void) { raise(SIGCHLD); raise(0); }",
    "the mask of a thread": (
        "int main(void) { sigset_t s, o; sigemptyset(&s); sigaddset(&s, SIGINT);"
        " pthread_sigmask(SIG_BLOCK, &s, 0); pthread_sigmask(SIG_UNBLOCK, &s, &o);"
        " assert(sigismember(&o, SIGINT)); pthread_sigmask(SIG_BLOCK, 0, &o);"
        " assert(!sigismember(&o, SIGINT)); }"
    ),
}

REFUSED = {
    "a handler": "static void f(int s) { (void)s; } int main(void) { signal(SIGINT, f); }",
    "a blocked signal": (
        "int main(void) { sigset_t s; sigfillset(&s); pthread_sigmask(SIG_BLOCK, &s, 0);"
        " raise(SIGINT); }"
    ),
}


def run(text: str, suffix: str = ".c", **options: Any) -> CheckResult:
    path = written(text, f"program{suffix}")
    return check([path], budget_s=20, **options)


@pytest.mark.parametrize("name", FLAWED)
def test_an_end_that_says_so_is_a_failure(name: str) -> None:
    text, kind, words = FLAWED[name]
    result = run(HEAD + text)
    assert [failure["kind"] for failure in result.failures] == [kind]
    assert words in result.failures[0]["message"]
    assert result.failures[0]["where"][0]["file"].endswith("program.c")


@pytest.mark.parametrize("name", SOUND)
def test_another_end_is_none(name: str) -> None:
    result = run(HEAD + SOUND[name])
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_signal_would_do_is_refused(name: str) -> None:
    result = run(HEAD + REFUSED[name])
    assert result.verdict is Verdict.USAGE_ERROR
    assert "signal" in result.failures[0]["message"]


@pytest.mark.parametrize("text", ["return 1;", "exit(3);", "_exit(2);", "quick_exit(4);"])
def test_any_status_may_be_allowed(text: str) -> None:
    result = run(HEAD + f"int main(void) {{ {text} }}", exit_status="any")
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize(
    "text",
    ["std::terminate();", "std::thread t([]{}); /* neither joined nor detached */"],
)
def test_terminate_is_named(text: str) -> None:
    program = f"#include <exception>\n#include <thread>\nint main() {{ {text} }}"
    result = run(program, ".cpp")
    assert [f["message"] for f in result.failures] == ["std::terminate was called"]


LEAVES = """
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
struct gate { _Atomic int passed; };
int gate_pass(struct gate *gate) {
    if (atomic_fetch_add(&gate->passed, 1) == 1) LEAVE;
    return 0;
}
"""


class Gate:
    """A gate that lets everybody pass."""

    def enter(self) -> int:
        """Return 0."""
        return 0


@pytest.mark.parametrize("leave", ["exit(0)", "_exit(0)", "quick_exit(0)", "exit(3)"])
def test_an_operation_that_ends_the_process_has_failed(
    leave: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = HealdRun(seed=1, budget_s=3.0, profile="quick")
    (tmp_path / "gate.c").write_text(LEAVES)
    gate = heald.Subject(
        tmp_path / "gate.c",
        name="gate",
        state="struct gate",
        defines={"LEAVE": leave},
        ops={"enter": heald.op("int gate_pass(struct gate *)")},
        model=Gate,
    )
    with pytest.raises(heald.Violated, match="an operation ended the process"):
        heald.explored(gate, threads=2, ops=2)([one])
