"""Orders that nobody wrote: operators, functions that name none, arguments of ``assert``.

Every order of a program is changed at once, each line's differently from its neighbours'; the
text is compiled, and line by line what executes must be what was wanted. So no access is
taken for another.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from heald.explorer.options import Options
from heald.explorer.order import Operation
from heald.explorer.program import check
from heald.orders.mend import mend
from heald.orders.program import OrderedProgram
from heald.orders.tighten import tighten
from heald.orders.variables import Texts
from heald.verdicts import Verdict

C = """
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#define CHECK(what) do { if (!(what)) return 1; } while (0)
struct s { _Atomic int n; _Atomic(int *) p; atomic_bool b; };
static _Atomic int x, y = 1, arr[3] = {0, 1}, last;
static struct s st, *ps = &st;
static atomic_uchar u8;
static int bare;
static int at(atomic_int *of) { return *of; }
static int add(atomic_int *to, int what) { *to += what; return what; }
int main(void)
{
    x = 1;
    ps->n = y + 2;
    arr[1] = x + y;
    if (x == 1 && y)
        y++;
    if (bare == 1 || x)
        ++y;
    int k = y--;
    ps->n += k;
    arr[k & 1] |= 4;
    u8 -= 1;
    int *q = ps->p;
    while (st.b)
        ;
    for (last = 0; last < 1; last++)
        bare = sizeof(x) + (at(&y) != 1);
    assert(x != y + 100);
    assert(atomic_load_explicit(&x, memory_order_relaxed) != 7);
    CHECK(atomic_load(&x) + bare);
    atomic_store(&x, atomic_load(&y));
    atomic_store_explicit(&x, atomic_load_explicit(&y, memory_order_relaxed) + 1,
                          memory_order_release);
    atomic_fetch_add(&x, 1);
    int e = 0;
    atomic_compare_exchange_strong(&x, &e, 2);
    e = atomic_exchange(&x, 3);
    __sync_fetch_and_add(&bare, 1);
    bare = __sync_lock_test_and_set(&bare, 1) + 1;
    __sync_lock_release(&bare);
    *&y = 3;
    return q || (add(&last, (int)x) + e == 1234);
}
"""
CXX = """
#include <atomic>
#include <cassert>
struct s { std::atomic<int> n{0}; std::atomic<bool> b{false}; };
static std::atomic<int> x{0}, y{1};
static s st, *ps = &st;
int main()
{
    x = 1;
    ps->n = y + 2;
    if (x == 1 && y)
        y++;
    ++y;
    int k = y--;
    ps->n += k;
    x.store(3);
    int j = x.load();
    x.fetch_add(2);
    assert(x != y + 100);
    assert(x.load(std::memory_order_relaxed) == 5);
    bool b = ps->b;
    return b + j + x == 1234;
}
"""
MORE_C = """
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
struct s {
    _Atomic int n, arr[4];
    struct { atomic_bool on; } in;
    _Atomic(struct s *) next;
    struct s *_Atomic other;
};
static _Atomic int x, y = 1, z;
static atomic_long big;
static _Atomic(uint16_t) small;
static _Atomic bool flag;
static struct s st, *ps = &st;
static atomic_int table[2][3];
static int id(int a) { return a; }
static int sum(atomic_int *p, struct s *s) {
    p[0] = 2;
    *p += 1;
    int v = *p;
    (*p)++;
    s->n++;
    ++s->arr[1];
    return v + p[0] + s->n;
}
#define FLAG flag
int main(void)
{
    int i = id(x);
    int j = x ? y : 3;
    if (!flag)
        i = table[1][2] + st.arr[x & 1];
    while (x < 3)
        x++;
    for (int k = y; k < 4; k++)
        z += k;
    switch ((int)z) { default: i++; }
    table[0][1] = 4;
    table[0][1] |= 1;
    st.in.on = true;
    if (st.in.on && !ps->in.on)
        i = 5;
    big = (long)x + 1;
    x = x + 1;
    x = -y;
    i = (int)big * 2 + small;
    small = 3, i = 4;
    st.next = &st;
    st.other = ps;
    ps->next->n = 6;
    i += st.next->n;
    flag = !flag;
    FLAG = true;
    do
        y -= 1;
    while (y > 0);
    i = x == y;
    i = 1 == x;
    i = x && y;
    i += sum(&z, ps);
    return i == 12345 || j < -1000;
}
"""
MORE_CXX = """
#include <atomic>
#include <cassert>
struct node {
    std::atomic<int> n{0};
    std::atomic<node *> next{nullptr};
    int get() { return n; }
    void set(int v) { this->n = v; n += 2; }
};
static std::atomic<int> x{0}, y{1};
static std::atomic_bool flag{false};
std::atomic<long> big;
static node a, b;
template <class T> struct box {
    std::atomic<T> v{};
    T add(T t) { return v += t; }
    T old() { return v++; }
};
static box<int> bi; static box<long> bl;
static int id(int v) { return v; }
int main()
{
    int i = id(x);
    if (!flag)
        i = x ? 1 : (int)y;
    flag = true;
    a.next = &b;
    i += a.next.load()->n;
    x |= 4;
    big = x + 1L;
    while (x < 9)
        x++;
    i += a.get();
    a.set(3);
    i += bi.add(2) + bl.add(3) + bi.old();
    x = x + 1;
    return i == 12345;
}
"""

MACROS = """
#include <stdatomic.h>
#include <stdbool.h>
struct s { _Atomic int n; atomic_bool b; };
static _Atomic int x, y;
static struct s st;
#define RAISE(f) ((f) = true)
#define PUT(p, v) *(p) = (v)
#define BUMP(f) (f)++
#define ADD(f, v) do { \\
        (f) += (v); \\
    } while (0)
#define OF(p, v) ((p)->n |= v)
#define DOWN(f) (--(f))
int main(void)
{
    RAISE(st.b);
    PUT(&x, 3 + y);
    BUMP(x);
    ADD(st.n, 2);
    OF(&st, 1);
    return DOWN(y) + 1;
}
"""


def text_of(name: str) -> str:
    return (Path(__file__).parent / "programs" / name).read_text()


#: A text, and how many accesses have no text that could name their order: ``*&y = 3``, in
#: C++ also ``x = y = 0`` and what a pointer that is read points to; by gcc, by clang. What an
#: update comes to may be used: where ``--x`` is more than a statement, it stays what it is.
TEXTS = {
    "p.c": (C, {1}),
    "p.cpp": (CXX, {0}),
    "more.c": (MORE_C, {0}),
    "more.cpp": (MORE_CXX, {4, 6}),
    "macros.c": (MACROS, {2}),
    "deep.c": (text_of("deep.c"), {0}),
    "deep.cpp": (text_of("deep.cpp"), {1, 2}),
}


def executed(
    program: OrderedProgram, changed: dict[int, tuple[str, str]]
) -> Counter[str]:
    """Count what executes on each line, with the orders that these sites are given."""
    found: Counter[str] = Counter()
    for site, place in program.places.items():
        frames = [f for f in program.frames(site) if Path(f.file).name in TEXTS]
        orders = (changed[site][0],) if site in changed else place.orders
        found[f"{frames[0].line} {place.operation.value} {orders}"] += 1
    return found


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", TEXTS)
def test_each_access_is_given_its_order(
    name: str, compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    monkeypatch.setenv("CC", compiler)
    text, unwritten = TEXTS[name]
    (tmp_path / name).write_text(text)
    cflags = ["-std=c++20"] if name.endswith(".cpp") else []
    program = OrderedProgram([str(tmp_path / name)], cflags, options=Options())
    assert program.explore().passes
    texts = Texts(program)
    texts.learn()
    assert len(texts.unwritten) in unwritten
    wanted = {}
    for number, each in enumerate(texts.variables()):
        if (
            each.operation is Operation.UPDATE
        ):  # clang makes a store of one that is relaxed
            levels = ["acq_rel"]
        else:
            levels = [order for order in each.levels() if order != each.order]
        wanted[each.name] = levels[number % len(levels)]
    after = texts.applied(wanted)
    patched = program.from_texts(after, tmp_path / "copy")
    assert patched.explore().passes
    assert executed(patched, {}) == executed(program, texts.orders(wanted))


PUBLICATION = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static _Atomic int flag;
static void *one(void *arg) { data = 1; flag = 1; return arg; }
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, one, 0);
    if (flag)
        assert(data == 1);
    pthread_join(thread, 0);
    assert(flag);
    return 0;
}
"""


def test_operators_are_tightened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PUBLICATION)
    result = tighten(["p.c"], budget_s=60)
    assert result.verdict is Verdict.PASSED
    assert sorted(change.new for change in result.changes) == [
        "acquire",
        "relaxed",
        "release",
    ]
    assert (result.untouched, result.unchanged) == (0, [])
    if shutil.which("patch"):
        subprocess.run(["patch", "-p1"], input=result.patch, text=True, check=True)
        text = Path("p.c").read_text()
        assert "atomic_store_explicit(&flag, 1, memory_order_release);" in text
        assert "if (atomic_load_explicit(&flag, memory_order_acquire))" in text
        assert "assert(atomic_load_explicit(&flag, memory_order_relaxed));" in text
        assert check(["p.c"]).verdict is Verdict.PASSED


def test_what_cannot_be_named_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PUBLICATION.replace("flag = 1;", "*(&flag) = 1;"))
    result = tighten(["p.c"], budget_s=60)
    assert (result.verdict, result.untouched) == (Verdict.PASSED, 1)
    assert result.unchanged == ["p.c:7 atomic_store_explicit(&x, value, order)"]


INSIDE = PUBLICATION.replace("flag = 1", "atomic_store(&flag, 1)").replace(
    "    if (flag)\n        assert(data == 1);\n",
    "    assert(!atomic_load_explicit(&flag, memory_order_relaxed) || data == 1);\n",
)


def test_an_order_within_assert_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(INSIDE)
    mending = mend(["p.c"], budget_s=60)
    assert mending.verdict is Verdict.PASSED, mending.reason
    assert [(c.line, c.old, c.new) for c in mending.changes] == [
        (12, "relaxed", "acquire")
    ]


NESTED = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag, seen;
static void *one(void *arg)
{
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_release);
    return arg;
}
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, one, 0);
    atomic_store_explicit(&seen, atomic_load_explicit(&flag, memory_order_relaxed),
                          memory_order_relaxed);
    if (atomic_load_explicit(&seen, memory_order_relaxed))
        assert(data == 1);
    pthread_join(thread, 0);
    return 0;
}
"""


def test_a_load_within_a_store_is_told_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(NESTED)
    mending = mend(["p.c"], budget_s=60)
    assert mending.verdict is Verdict.PASSED, mending.reason
    assert [(c.line, c.new) for c in mending.changes] == [(17, "acquire")]
