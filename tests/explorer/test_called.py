"""Which call of a function it was: told where one line is reached from several places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heald.explorer.called import tell_calls
from heald.explorer.program import check
from heald.showing.diagnosis import diagnose
from heald.showing.page import Page
from heald.showing.trace import render

BANK = """
#include <pthread.h>
static struct account { pthread_mutex_t lock; int balance; }
    a = {PTHREAD_MUTEX_INITIALIZER, 10}, b = {PTHREAD_MUTEX_INITIALIZER, 10};
__attribute__((noinline)) void hold(struct account *x) { pthread_mutex_lock(&x->lock); }
__attribute__((noinline)) void guard(struct account *x) { hold(x); x->balance++; }
__attribute__((noinline)) void move(struct account *from, struct account *to) {
    HOLD(from);
    HOLD(to);
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}
static void *there(void *x) { move(&a, &b); return x; }
static void *back(void *x) { move(&b, &a); return x; }
int main(void) {
    pthread_t t[2];
    pthread_create(&t[0], NULL, there, NULL);
    pthread_create(&t[1], NULL, back, NULL);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
}
"""


def failure_of(text: str, name: str, folder: Path, *flags: str) -> dict[str, Any]:
    source = folder / name
    source.write_text(text)
    [failure] = check([source], cflags=[*flags]).failures
    return failure


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("hold", ["hold", "guard"])
def test_the_call_of_a_function_that_locks_is_named(
    hold: str, compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler)
    failure = failure_of(BANK, "bank.c", tmp_path, f"-DHOLD={hold}")
    said = diagnose(failure).line
    assert "thread 1 at bank.c:5 (called at bank.c:9 by move) for b.lock" in said
    assert "which thread 2 locked at bank.c:5 (called at bank.c:8 by move)" in said
    [*_, outermost] = failure["trace"]["pending"][-1]["callers"]
    assert outermost["function"] in ("back", "move")  # a tail call leaves nothing behind
    shown = render(failure, width=100)
    assert shown.count("called at bank.c:8 by move") >= 3
    assert "hold (called at" in shown
    page = Page("bank.c", "failed", [failure]).html()
    assert (
        '"text": "STUCK at lock b.lock", "more": ["called at bank.c:9 by move"]' in page
    )
    assert "thread 2 waits for a.lock, " in page
    assert "bank.c:5 (called at bank.c:9 by move)" in page


def test_a_line_that_one_place_leads_to_needs_no_call(tmp_path: Path) -> None:
    text = BANK.replace("move(&b, &a)", "move(&a, &a)").replace("HOLD(from);", "")
    once = "static void *back(void *x) { return x; }"
    text = text.replace("static void *back(void *x) { move(&a, &a); return x; }", once)
    text = text.replace(
        "pthread_mutex_unlock(&to->lock);", "pthread_mutex_lock(&to->lock);"
    )
    failure = failure_of(text, "once.c", tmp_path, "-DHOLD=hold")
    assert failure["kind"] == "deadlock"
    assert "called at" not in render(failure)
    locks = [step for step in failure["trace"]["steps"] if step["op"] == "lock"]
    assert locks[0]["callers"][0]["function"] == "move"


GUARDED = """
#include <mutex>
#include <thread>
static std::mutex a, b;
int main() {
    std::thread there([] {
        std::lock_guard first(a);
        std::lock_guard second(b);
    });
    std::thread back([] {
        std::lock_guard first(b);
        std::lock_guard second(a);
    });
    there.join();
    back.join();
}
"""


def test_the_author_of_cxx_reads_lines_of_his_own(tmp_path: Path) -> None:
    said = diagnose(failure_of(GUARDED, "guarded.cpp", tmp_path, "-std=c++17")).line
    assert "guarded.cpp:8" in said
    assert "guarded.cpp:11" in said


VECTOR = """
#include <thread>
#include <vector>
static std::vector<int> all;
__attribute__((noinline)) static void add(int value) { all.push_back(value); }
int main() {
    std::thread other([] { add(1); });
    add(2);
    other.join();
}
"""


def test_a_place_inside_a_library_is_told_with_the_call_of_the_author(
    tmp_path: Path,
) -> None:
    failure = failure_of(VECTOR, "vector.cpp", tmp_path)
    inside = [p for p in failure["where"] if str(p["file"]).startswith("/usr/include")]
    own = [p for p in failure["where"] if p not in inside]
    assert all(p["called"].startswith("vector.cpp:5 by add") for p in inside)
    assert all(p["line"] == 5 for p in own)
    assert inside or len(own) == 2


def test_chains_are_told_apart_where_they_first_differ() -> None:
    def spot(line: int, *callers: int) -> dict[str, Any]:
        named = [{"file": "q.c", "line": at, "function": f"f{at}"} for at in callers]
        return {"file": "q.c", "line": line, "callers": named}

    spots = [
        spot(1, 5, 7),
        spot(1, 5, 8),
        spot(2, 5),
        spot(2, 5),
        spot(3, 4),
        spot(3, 4, 9),
    ]
    tell_calls(spots)
    assert [each.get("called") for each in spots] == [
        "q.c:7 by f7",
        "q.c:8 by f8",
        None,
        None,
        None,
        "q.c:9 by f9",
    ]
