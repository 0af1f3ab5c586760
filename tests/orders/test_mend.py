"""Patches: each applied with ``patch``, compiled and explored; no cheaper one passes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.orders.mend import Mending, mend
from heald.verdicts import Verdict

PATCH = shutil.which("patch")

THREADS = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#define RELAXED memory_order_relaxed
static atomic_int x, y, flag;
static int data;
{body}
int main(void)
{{
    pthread_t s, t;
    pthread_create(&s, 0, one, 0);
    pthread_create(&t, 0, two, 0);
    pthread_join(s, 0);
    pthread_join(t, 0);
    {after}
    return 0;
}}
"""


def program(one: str, two: str, after: str = "", before: str = "") -> str:
    body = (
        f"{before}\nstatic void *one(void *arg)\n{{\n{one}\n    return arg;\n}}\n"
        f"static void *two(void *arg)\n{{\n{two}\n    return arg;\n}}\n"
    )
    return THREADS.format(body=body, after=after)


PUBLICATION = program(
    "    data = 1;\n    atomic_store_explicit(&flag, 1, memory_order_relaxed);",
    "    if (atomic_load_explicit(&flag, memory_order_relaxed))\n        assert(data == 1);",
)
DEKKER = program(
    "    atomic_store_explicit(&x, 1, memory_order_relaxed);\n"
    "    if (!atomic_load_explicit(&y, memory_order_relaxed))\n        data++;",
    "    atomic_store_explicit(&y, 1, memory_order_relaxed);\n"
    "    if (!atomic_load_explicit(&x, memory_order_relaxed))\n        data++;",
)
REFCOUNT = program(
    "    put();",
    "    put();",
    before="static atomic_int refs = 2;\nstatic void put(void)\n{\n    int seen = data;\n"
    "    if (atomic_fetch_sub_explicit(&refs, 1, memory_order_relaxed) == 1)\n"
    "        data = seen + 1;\n}",
)
SEQLOCK = program(
    "    atomic_store_explicit(&flag, 1, memory_order_relaxed);\n"
    "    atomic_store_explicit(&x, 1, memory_order_relaxed);\n"
    "    atomic_store_explicit(&y, 1, memory_order_relaxed);\n"
    "    atomic_store_explicit(&flag, 2, memory_order_relaxed);",
    "    int s = atomic_load_explicit(&flag, memory_order_relaxed);\n"
    "    int a = atomic_load_explicit(&x, memory_order_relaxed);\n"
    "    int b = atomic_load_explicit(&y, memory_order_relaxed);\n"
    "    if (s % 2 == 0 && atomic_load_explicit(&flag, memory_order_relaxed) == s)\n"
    "        assert(a == b);",
)
MAILBOX = program(
    "    post(&letters[1]);",
    "    post(&letters[2]);",
    before="static struct letter { int text; } letters[3];\n"
    "static struct letter *_Atomic newest = letters;\n"
    "static void post(struct letter *letter)\n{\n    letter->text = 1;\n"
    "    struct letter *before =\n"
    "        atomic_exchange_explicit(&newest, letter, memory_order_relaxed);\n"
    "    assert(before == letters || before->text == 1);\n}",
)
LAST_USER = program(
    "    put();",
    "    put();",
    before="static atomic_int refs = 2;\nstatic int used[2];\nstatic void put(void)\n{\n"
    "    used[atomic_fetch_add_explicit(&x, 1, memory_order_relaxed)] = 1;\n"
    "    if (atomic_fetch_sub_explicit(&refs, 1, memory_order_relaxed) != 1)\n"
    "        return;\n    atomic_thread_fence(memory_order_acquire);\n"
    "    assert(used[0] && used[1]);\n}",
)
LOST_UPDATE = program(
    "    atomic_store(&x, atomic_load(&x) + 1);",
    "    atomic_store(&x, atomic_load(&x) + 1);",
    "assert(x == 2);",
)

ONCE = program(
    "    assert(*get() == 1);",
    "    assert(*get() == 1);",
    before="static int values[2];\nstatic _Atomic(int *) once;\nstatic int *get(void)\n{\n"
    "    int *mine = &values[atomic_fetch_add_explicit(&x, 1, RELAXED)], *seen = NULL;\n"
    "    *mine = 1;\n"
    "    return atomic_compare_exchange_strong_explicit(\n"
    "        &once, &seen, mine, memory_order_release, memory_order_relaxed) ? mine : seen;\n}",
)
#: What is changed: how many orders become each.
MENDED = {
    "publication": (PUBLICATION, ["acquire", "release"]),
    "dekker": (DEKKER, ["seq_cst"] * 4),
    "reference count": (REFCOUNT, ["acq_rel"]),
    "seqlock": (SEQLOCK, ["acquire"] * 3 + ["release"] * 3),
    "mailbox of actors": (MAILBOX, ["acq_rel"]),
    "last user, with a fence": (LAST_USER, ["release"]),
    "both orders of a compare-exchange": (ONCE, ["acq_rel", "acquire"]),
}


def mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Mending:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(text)
    return mend(["p.c"], budget_s=60)


@pytest.mark.parametrize("name", MENDED)
def test_the_patch_changes_what_is_needed_and_no_more(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, expected = MENDED[name]
    mending = mended(tmp_path, monkeypatch, text)
    assert mending.verdict is Verdict.PASSED
    assert sorted(change.new for change in mending.changes) == expected
    assert all(change.without for change in mending.changes)


@pytest.mark.skipif(PATCH is None, reason="needs patch")
@pytest.mark.parametrize("name", MENDED)
def test_the_patch_applies_and_the_program_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mending = mended(tmp_path, monkeypatch, MENDED[name][0])
    assert check(["p.c"]).verdict is Verdict.FAILED
    subprocess.run(["patch", "-p1"], input=mending.patch, text=True, check=True)
    result = check(["p.c"])
    assert result.verdict is Verdict.PASSED
    assert result.exhaustive
    assert result.executions == mending.executions


def test_a_lost_update_is_no_matter_of_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mending = mended(tmp_path, monkeypatch, LOST_UPDATE)
    assert mending.verdict is Verdict.FAILED
    assert mending.patch == ""
    assert "sequential consistency" in mending.reason


def test_what_is_right_needs_no_patch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PUBLICATION.replace("relaxed);", "seq_cst);").replace("relaxed))", "seq_cst))")
    mending = mended(tmp_path, monkeypatch, text)
    assert mending.verdict is Verdict.PASSED
    assert mending.patch == ""
    assert mending.executions


def test_a_fence_is_put_in_where_no_order_of_the_users_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel looks at a futex's word by itself: no order of ours is in that look."""
    futex = (
        "#include <linux/futex.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
        "static void sleep_if(atomic_int *word, int value)\n{\n"
        "    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, (void *)0, (void *)0, 0);\n}\n"
    )
    text = "#define _GNU_SOURCE\n" + program(
        "    atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);\n    sleep_if(&y, 0);",
        "    atomic_fetch_add_explicit(&y, 1, memory_order_relaxed);\n"
        "    if (atomic_load_explicit(&x, memory_order_relaxed))\n"
        "        syscall(SYS_futex, &y, FUTEX_WAKE_PRIVATE, 1, (void *)0, (void *)0, 0);",
        before=futex,
    )
    mending = mended(tmp_path, monkeypatch, text)
    assert mending.verdict is Verdict.PASSED
    assert [change.source for change in mending.changes if change.old == "no fence"] == [
        "atomic_thread_fence(memory_order_seq_cst);"
    ]


def test_a_budget_that_ends_first_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PUBLICATION)
    assert mend(["p.c"], budget_s=0).verdict is Verdict.UNDECIDED


def test_headers_and_include_folders_are_patched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("include").mkdir()
    Path("include/publish.h").write_text(
        "#define PUBLISH(f) atomic_store_explicit((f), 1, memory_order_relaxed)\n"
    )
    text = PUBLICATION.replace(
        "atomic_store_explicit(&flag, 1, memory_order_relaxed)", "PUBLISH(&flag)"
    ).replace("#include <stdlib.h>", "#include <publish.h>")
    Path("p.c").write_text(text)
    mending = mend(["p.c"], cflags=["-Iinclude"], budget_s=60)
    assert mending.verdict is Verdict.PASSED
    assert "+++ b/include/publish.h" in mending.patch
    assert "+++ b/p.c" in mending.patch


RING = """\
#include <atomic>
#include <cassert>
#include <thread>
template <class T, int N> class Ring {
    std::atomic<int> head{0}, tail{0};
    T slots[N];
public:
    bool push(T v) {
        int t = tail.load(std::memory_order_relaxed);
        if (t - head.load(std::memory_order_acquire) == N) return false;
        slots[t % N] = v;
        tail.store(t + 1, std::memory_order_relaxed);
        return true;
    }
    bool pop(T &v) {
        int h = head.load(std::memory_order_relaxed);
        if (tail.load(std::memory_order_acquire) == h) return false;
        v = slots[h % N];
        head.store(h + 1, std::memory_order::release);
        return true;
    }
};
static Ring<long, 1> ring;
int main() {
    std::thread producer([] { ring.push(1); });
    long v = 0;
    if (ring.pop(v)) assert(v == 1);
    producer.join();
}
"""


def test_a_template_of_cxx_is_mended_where_its_order_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ring.cpp").write_text(RING)
    mending = mend(["ring.cpp"], cflags=["-std=c++20"], budget_s=120)
    assert mending.verdict is Verdict.PASSED
    (change,) = mending.changes
    assert (change.line, change.new) == (12, "release")
    assert "+        tail.store(t + 1, std::memory_order_release);" in mending.patch


def test_a_compare_exchange_never_fails_with_more_than_it_succeeds_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).resolve().parents[1] / "programs" / "mcs_lock.c").read_text()
    wait = (
        "while ((after = atomic_load_explicit(&me->next, memory_order_acquire)) == NULL)"
    )
    assert wait in text
    Path("start.h").write_text(
        (Path(__file__).resolve().parents[1] / "programs" / "start.h").read_text()
    )
    Path("p.c").write_text(text.replace(wait, wait.replace("acquire", "relaxed")))
    mending = mend(["p.c"], budget_s=120)
    assert [(change.old, change.new) for change in mending.changes] == [
        ("relaxed", "acquire")
    ]


PARENTHESES = """\
#include <assert.h>
#include <pthread.h>
#define smp_load(p, order) __atomic_load_n((p), (order))
#define smp_store(p, v, order) __atomic_store_n((p), (v), (order))
static int flag, other, data;
static void *sender(void *arg) {
    data = 1;
    smp_store(&other, 1, __ATOMIC_RELAXED);
    smp_store(&flag, 1, __ATOMIC_RELAXED);
    return arg;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, sender, 0);
    if (smp_load(&flag, __ATOMIC_ACQUIRE))
        assert(data == 1);
    pthread_join(thread, 0);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("relaxed", "acquire"),
    [("__ATOMIC_RELAXED", "__ATOMIC_ACQUIRE"), ("data ? 0 : 3", "2")],
    ids=["names", "numbers"],
)
def test_an_argument_in_parentheses_is_mended_where_it_is_given(
    relaxed: str, acquire: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PARENTHESES.replace("__ATOMIC_RELAXED", relaxed)
    text = text.replace("__ATOMIC_ACQUIRE", acquire)
    mending = mended(tmp_path, monkeypatch, text)
    assert mending.verdict is Verdict.PASSED
    (change,) = mending.changes
    assert (change.line, change.new) == (9, "release")
    assert "+    smp_store(&flag, 1, __ATOMIC_RELEASE);" in mending.patch


CHECKED = program(
    "    sell();",
    "    sell();",
    "assert(y <= 1);",
    before="static void sell(void)\n{\n    if (atomic_load(&x) == 0) {\n"
    "        atomic_fetch_add(&x, 1);\n        atomic_fetch_add(&y, 1);\n    }\n}",
)


def test_a_flaw_is_called_by_its_name_and_by_none_that_it_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = mended(tmp_path, monkeypatch, LOST_UPDATE)
    assert "lost update: threads 1 and 2 both read 0" in lost.reason
    assert "one step: an atomic read-modify-write" in lost.reason
    checked = mended(tmp_path, monkeypatch, CHECKED)
    assert checked.verdict is Verdict.FAILED
    assert "its kind is not known" in checked.reason
    assert not [
        name for name in ("ABA", "lost update", "wake-up") if name in checked.reason
    ]
