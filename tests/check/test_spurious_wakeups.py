"""Waiting for a condition may end for no reason where that is asked for: an `if` is then seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import Verdict
from heald.explorer.program import CheckResult, check
from heald.replaying.replay import replay

WAITS = """
#include <assert.h>
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int ready;
static void *worker(void *unused)
{
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&condition);
    return unused;
}
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, worker, 0);
    pthread_mutex_lock(&mutex);
    FORM (!ready)
        pthread_cond_wait(&condition, &mutex);
    assert(ready);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, 0);
    return 0;
}
"""

BUFFER = """
#include <assert.h>
#include <threads.h>
static mtx_t mutex;
static cnd_t changed;
static int full, value;
static int producer(void *number)
{
    mtx_lock(&mutex);
    while (full)
        cnd_wait(&changed, &mutex);
    full = 1;
    value = *(int *)number;
    cnd_broadcast(&changed);
    mtx_unlock(&mutex);
    return 0;
}
int main(void)
{
    int numbers[2] = { 1, 2 }, sum = 0;
    thrd_t threads[2];
    mtx_init(&mutex, mtx_plain);
    cnd_init(&changed);
    for (int i = 0; i < 2; i++)
        thrd_create(&threads[i], producer, &numbers[i]);
    for (int i = 0; i < 2; i++) {
        mtx_lock(&mutex);
        while (!full)
            cnd_wait(&changed, &mutex);
        sum += value;
        full = 0;
        cnd_broadcast(&changed);
        mtx_unlock(&mutex);
    }
    for (int i = 0; i < 2; i++)
        thrd_join(threads[i], 0);
    assert(sum == 3);
    return 0;
}
"""


def explored(tmp_path: Path, text: str, **options: object) -> CheckResult:
    source = tmp_path / "waits.c"
    source.write_text(text)
    return check([source], capsules=tmp_path / "capsules", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["if", "while"])
def test_without_being_asked_for_nobody_wakes_for_no_reason(
    tmp_path: Path, form: str
) -> None:
    result = explored(tmp_path, WAITS.replace("FORM", form))
    assert result.verdict is Verdict.PASSED


@pytest.mark.parametrize("search", ["exhaustive", "pct", "random"])
def test_an_if_where_a_while_belongs_is_found(tmp_path: Path, search: str) -> None:
    options = {"search": search, "spurious_wakeups": True, "max_executions": 2000}
    broken = explored(tmp_path, WAITS.replace("FORM", "if"), **options)
    assert [f["kind"] for f in broken.failures] == ["assertion"]
    sound = explored(tmp_path, WAITS.replace("FORM", "while"), **options)
    assert sound.failures == []


def test_a_capsule_keeps_that_it_was_asked_for(tmp_path: Path) -> None:
    result = explored(tmp_path, WAITS.replace("FORM", "if"), spurious_wakeups=True)
    again = replay(Path(result.failures[0]["capsule"]))
    assert again.verdict is Verdict.FAILED


@pytest.mark.parametrize("model", ["sc", "rc11"])
def test_loops_that_look_again_pass_with_all_executions(
    tmp_path: Path, model: str
) -> None:
    result = explored(tmp_path, BUFFER, model=model, spurious_wakeups=True)
    assert result.verdict is Verdict.PASSED
    assert result.exhaustive


def test_lost_wake_ups_are_hidden_by_it_and_found_without(tmp_path: Path) -> None:
    text = BUFFER.replace("full = 0;\n        cnd_broadcast(&changed);", "full = 0;")
    assert text != BUFFER
    assert [f["kind"] for f in explored(tmp_path, text).failures] == ["deadlock"]
    assert explored(tmp_path, text, spurious_wakeups=True).failures == []
