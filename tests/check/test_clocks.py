"""Loops that look at the clock: those that end by it do, those that do not are waiting rounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

from .programs import HEAD

SEARCHES = ("exhaustive", "random", "uniform", "pct", "pos")
NOW = """
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec; }
static double last; UNUSED_FUNCTION(late) int late(atomic_int *flag, double s) {
    double end = now() + s; while (!*flag) if ((last = now()) >= end) return 1;
    return 0; }
"""
SET = "atomic_int ready; THREAD(sets) { UNUSED; SET; return 0; }"
LOCKED = """
pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER;
int ready;
THREAD(sets) { UNUSED; pthread_mutex_lock(&m); SET; pthread_cond_signal(&c);
    pthread_mutex_unlock(&m); return 0; }
"""

#: None of them ends by the time. SET: what makes it end.
WAITS = {
    "looks at the clock on the way": f"""{SET}
        int main(void) {{ go(sets, 0); double seen = 0; while (!ready) seen = now(); last = seen;
            done(); }}""",
    "sleeps, and looks at the clock": f"""{SET}
        int main(void) {{ go(sets, 0); while (!ready) {{ usleep(10); now(); }} done(); }}""",
    "waits for a moment, again and again": f"""{LOCKED}
        int main(void) {{ go(sets, 0); struct timespec until; pthread_mutex_lock(&m);
            while (!ready) {{ clock_gettime(CLOCK_REALTIME, &until); until.tv_sec += 2;
                pthread_cond_timedwait(&c, &m, &until); }}
            pthread_mutex_unlock(&m); done(); }}""",
    "two wait, each for a moment": f"""{LOCKED}
        THREAD(waits) {{ UNUSED; struct timespec until; pthread_mutex_lock(&m);
            while (!ready) {{ clock_gettime(CLOCK_REALTIME, &until); until.tv_sec += 2;
                pthread_cond_timedwait(&c, &m, &until); }}
            pthread_mutex_unlock(&m); return 0; }}
        int main(void) {{ go(waits, 0); go(waits, 0); go(sets, 0); done(); }}""",
    "is late a few times, then waits": f"""{SET} atomic_int never;
        int main(void) {{ go(sets, 0); int tries = 0;
            while (late(&ready, 0.01)) if (++tries == 3) break;
            for (int i = 0; i < 3; i++) late(&never, 1000);
            while (!ready) last = now();
            for (int i = 0; i < 3; i++) late(&never, 0.1 * i);
            double end = now() + 3; while (now() < end) ;
            done(); }}""",
    "counts down a moment, again and again": f"""{SET}
        int main(void) {{ go(sets, 0); while (!ready) {{ double end = now() + 1e-6;
            while (now() < end) ; }} done(); }}""",
    "counts down longer and longer moments": f"""{SET}
        int main(void) {{ go(sets, 0); double pause = 1e-7; while (!ready) {{
            double end = now() + pause; while ((last = now()) < end) ;
            if (pause < 1e-6) pause *= 2; }} done(); }}""",
}  # fmt: skip

#: These end, if only by the time.
ENDS = {
    "until it is late": f"""{SET}
        int main(void) {{ go(sets, 0); double end = now() + 0.5; while (!ready && now() < end) ;
            done(); }}""",
    "late so many times": f"""{SET}
        int main(void) {{ go(sets, 0); for (int i = 0; i < 5; i++) late(&ready, 3600);
            done(); }}""",
    "late so many times by one look each": f"""{SET}
        int main(void) {{ go(sets, 0); double end = now(); int times = 0;
            while (!ready && times < 7) {{ double t = now();
                if (t >= end) {{ end = t + 1; times++; }} }}
            done(); }}""",
    "in turns, with an end": f"""{LOCKED}
        int main(void) {{ go(sets, 0); struct timespec until; clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += 2; pthread_mutex_lock(&m);
            while (!ready && pthread_cond_timedwait(&c, &m, &until) != ETIMEDOUT) ;
            pthread_mutex_unlock(&m); done(); }}""",
}  # fmt: skip


def run(folder: Path, text: str, what: str, search: str = "exhaustive") -> CheckResult:
    source = folder / "program.c"
    head = NOW.replace(
        "UNUSED_FUNCTION(late)", "__attribute__((unused, noinline)) static"
    )
    source.write_text(HEAD + head + text.replace("SET", what))
    limit = {} if search == "exhaustive" else {"max_executions": 300}
    return check([source], budget_s=60, search=search, **limit)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("name", WAITS)
def test_a_loop_that_only_looks_at_the_clock_waits(
    name: str, search: str, tmp_path: Path
) -> None:
    result = run(tmp_path, WAITS[name], "ready = 1", search)
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])
    assert result.exhaustive or search != "exhaustive"


@pytest.mark.parametrize("search", ["exhaustive", "random"])
@pytest.mark.parametrize("name", WAITS)
def test_such_a_loop_that_nobody_ends_is_a_livelock(
    name: str, search: str, tmp_path: Path
) -> None:
    result = run(tmp_path, WAITS[name], "(void)0", search)
    # Two that wait for each other may first be seen when both of them stand at the lock.
    kinds = (
        {"livelock", "deadlock"} if search == "random" and "two" in name else {"livelock"}
    )
    assert {failure["kind"] for failure in result.failures} <= kinds
    assert result.failures


@pytest.mark.parametrize("what", ["ready = 1", "(void)0"])
@pytest.mark.parametrize("search", ["exhaustive", "uniform"])
@pytest.mark.parametrize("name", ENDS)
def test_a_loop_that_ends_by_the_time_does(
    name: str, search: str, what: str, tmp_path: Path
) -> None:
    result = run(tmp_path, ENDS[name], what, search)
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])


def test_that_it_was_late_is_an_execution(tmp_path: Path) -> None:
    text = f"{SET} int main(void) {{ go(sets, 0); assert(!late(&ready, 5)); done(); }}"
    result = run(tmp_path, text, "ready = 1")
    assert [failure["kind"] for failure in result.failures] == ["assertion"]


WAIT_FOR = """
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
std::mutex m; std::condition_variable c; bool ready;
int main() {
    std::thread t([] { std::lock_guard<std::mutex> held(m); ready = SET; c.notify_one(); });
    { std::unique_lock<std::mutex> held(m);
      while (!ready) c.wait_for(held, std::chrono::milliseconds(10)); }
    t.join();
}
"""


@pytest.mark.parametrize(("what", "kinds"), [("true", []), ("false", ["livelock"])])
def test_wait_for_in_a_loop_waits(what: str, kinds: list[str], tmp_path: Path) -> None:
    source = tmp_path / "program.cpp"
    source.write_text(WAIT_FOR.replace("SET", what))
    result = check([source], budget_s=60)
    assert [failure["kind"] for failure in result.failures] == kinds
    assert result.verdict is (Verdict.FAILED if kinds else Verdict.PASSED)
