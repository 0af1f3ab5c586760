"""What waits and what goes on: values that come back, barriers used again, dead variables.

A thread that waits must not multiply executions, must not be taken for one that can go on,
and, above all, a thread that can go on must not be taken for one that waits.
"""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

SAMPLERS = ("random", "uniform", "pct", "pos")


def run(text: str, **options: Any) -> CheckResult:
    source = written(HEAD + text)
    return check([source], budget_s=60, **options)


def kinds(result: CheckResult) -> list[str]:
    return [failure["kind"] for failure in result.failures]


#: Loops around a compare-exchange whose value goes away and comes back; none is ever stuck.
COMES_BACK = {
    "take while another gives and takes": """
        atomic_int stock = 2;
        THREAD(take) { UNUSED; int n = atomic_load(&stock);
            while (!atomic_compare_exchange_weak(&stock, &n, n - 2)) ; return 0; }
        THREAD(stir) { UNUSED; atomic_fetch_add(&stock, 2); atomic_fetch_sub(&stock, 2); return 0; }
        int main(void) { go(take, 0); go(stir, 0); done(); assert(stock == 0); }""",
    "three take a place each of two": """
        atomic_int places = 2;
        static void enter(void) { int n = atomic_load_explicit(&places, memory_order_relaxed);
            for (;;) {
                if (n == 0) { n = atomic_load_explicit(&places, memory_order_relaxed); continue; }
                if (atomic_compare_exchange_weak(&places, &n, n - 1)) return;
            } }
        THREAD(guest) { UNUSED; enter(); atomic_fetch_add(&places, 1); return 0; }
        int main(void) { go(guest, 0); go(guest, 0); go(guest, 0); done(); }""",
    "readers count themselves": """
        atomic_int lock; int data;
        THREAD(reader) { UNUSED; int n = atomic_load_explicit(&lock, memory_order_relaxed);
            for (;;) {
                if (n < 0) { n = atomic_load_explicit(&lock, memory_order_relaxed); continue; }
                if (atomic_compare_exchange_weak_explicit(&lock, &n, n + 1, memory_order_acquire,
                                                          memory_order_relaxed)) break;
            }
            int seen = data; assert(seen == 0 || seen == 1);
            atomic_fetch_sub_explicit(&lock, 1, memory_order_release); return 0; }
        THREAD(writer) { UNUSED; int none = 0;
            while (!atomic_compare_exchange_weak_explicit(&lock, &none, -1, memory_order_acquire,
                                                          memory_order_relaxed)) none = 0;
            data = 1; atomic_store_explicit(&lock, 0, memory_order_release); return 0; }
        int main(void) { go(reader, 0); go(reader, 0); go(writer, 0); done(); }""",
    "either of two flags": """
        atomic_int left, right;
        THREAD(waiter) { UNUSED; while (!atomic_load(&left) && !atomic_load(&right)) ; return 0; }
        THREAD(raise) { atomic_store((atomic_int *)arg, 1); return 0; }
        int main(void) { go(waiter, 0); go(raise, &left); done(); }""",
}  # fmt: skip


@pytest.mark.parametrize("search", SAMPLERS)
@pytest.mark.parametrize("name", COMES_BACK)
def test_a_value_that_comes_back_is_no_livelock(name: str, search: str) -> None:
    for seed in range(3):
        result = run(COMES_BACK[name], search=search, seed=seed, max_executions=400)
        assert (result.verdict, kinds(result)) == (Verdict.PASSED, [])
        assert result.executions == 400


#: Somebody waits for what comes too late or never: each is stuck in some execution. (A
#: sampler's waiter takes the store that it has slept for, so it misses no pulse.)
STUCK = {
    "a pulse that is missed": """
        atomic_int flag;
        THREAD(waiter) { UNUSED; while (!atomic_load(&flag)) ; return 0; }
        THREAD(pulse) { UNUSED; atomic_store(&flag, 1); atomic_store(&flag, 0); return 0; }
        int main(void) { go(waiter, 0); go(pulse, 0); done(); }""",
    "two flags and nobody": """
        atomic_int left, right;
        THREAD(waiter) { UNUSED; while (!atomic_load(&left) && !atomic_load(&right)) ; return 0; }
        THREAD(lower) { UNUSED; atomic_store(&left, 0); return 0; }
        int main(void) { go(waiter, 0); go(lower, 0); done(); }""",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "search"),
    [
        *((name, "exhaustive") for name in STUCK),
        *(("two flags and nobody", s) for s in SAMPLERS),
    ],
)
def test_a_thread_that_nobody_wakes_is_a_livelock(name: str, search: str) -> None:
    result = run(STUCK[name], search=search, seed=1, max_executions=2000, model="sc")
    assert kinds(result) == ["livelock"]


BARRIER = """
static pthread_barrier_t gate; static int written[N];
THREAD(part) { long me = (long)arg;
    for (int round = 0; round < 2; round++) {
        if (round == 0) written[me] = 1; else assert(written[(me + 1) % N]);
        pthread_barrier_wait(&gate);
    } return 0; }
int main(void) { pthread_barrier_init(&gate, 0, EXPECTED);
    for (long i = 0; i < N; i++) go(part, (void *)i);
    done(); }
"""


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize(("threads", "orders"), [(2, 4), (3, 36)])
def test_a_barrier_is_used_again(threads: int, orders: int, model: str) -> None:
    """Each round has as many executions as its threads have orders of arrival."""
    text = BARRIER.replace("EXPECTED", "N").replace("N]", f"{threads}]")
    text = f"#define N {threads}\n{text}"
    result = run(text, model=model)
    assert (result.verdict, result.executions) == (Verdict.PASSED, orders)
    assert result.blocked == 0


def test_a_barrier_of_too_many_is_never_passed() -> None:
    text = "#define N 2\n" + BARRIER.replace("EXPECTED", "3")
    assert kinds(run(text)) == ["deadlock"]


def test_a_barrier_is_made_anew_for_more_threads() -> None:
    text = """
    static pthread_barrier_t gate;
    THREAD(part) { UNUSED; pthread_barrier_wait(&gate); return 0; }
    int main(void) {
        pthread_barrier_init(&gate, 0, 2); go(part, 0); go(part, 0); done(); n_ = 0;
        pthread_barrier_destroy(&gate);
        pthread_barrier_init(&gate, 0, 3); go(part, 0); go(part, 0); go(part, 0); done(); }
    """
    result = run(text)
    assert (result.verdict, result.executions) == (Verdict.PASSED, 2 * 6)


def test_a_round_of_a_barrier_made_anew_is_not_the_last_one_s() -> None:
    """Who waited looks late: the round of its own barrier is over, and one of the next as well."""
    text = """
    static pthread_barrier_t gate;
    THREAD(part) { UNUSED; if (pthread_barrier_wait(&gate)) {
            pthread_barrier_destroy(&gate); pthread_barrier_init(&gate, 0, 1);
            pthread_barrier_wait(&gate); } return 0; }
    int main(void) { pthread_barrier_init(&gate, 0, 2); go(part, 0); go(part, 0); done(); }
    """
    result = run(text)
    assert (result.verdict, result.executions) == (Verdict.PASSED, 2)


def test_an_atomic_variable_lies_where_dead_ones_lay() -> None:
    text = """
    THREAD(set) { for (int i = 1; i < 3; i++) atomic_store((atomic_int *)arg, i); return 0; }
    __attribute__((noinline)) static int drawn(void) {
        atomic_int value; pthread_t thread; int seen;
        atomic_init(&value, 0);
        pthread_create(&thread, 0, set, &value);
        seen = atomic_load(&value);
        pthread_join(thread, 0);
        return seen; }
    atomic_int total; THREAD(add) { UNUSED; atomic_fetch_add(&total, 1); return 0; }
    int main(void) { int count = drawn(); for (int i = 0; i < count; i++) go(add, 0); done();
        int again = drawn(); assert(total == count && again < 3); }
    """
    result = run(text)
    # 0, 1 or 2 threads add, in 1, 1 or 2 orders; then one of three values is drawn again.
    assert (result.verdict, result.executions) == (Verdict.PASSED, 4 * 3)


#: Rounds of loops that write and take it back; in each somebody else ends the waiting.
TAKES_BACK = {
    "looks under a lock": """
        static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready;
        THREAD(waiter) { UNUSED; for (;;) {
            pthread_mutex_lock(&guard); int now = ready; pthread_mutex_unlock(&guard);
            if (now) return 0; } }
        THREAD(setter) { UNUSED;
            pthread_mutex_lock(&guard); SET; pthread_mutex_unlock(&guard); return 0; }
        int main(void) { go(waiter, 0); go(setter, 0); done(); }""",
    "looks under a lock that it only tries": """
        static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready;
        THREAD(waiter) { UNUSED; for (;;) if (!pthread_mutex_trylock(&guard)) {
            int now = ready; pthread_mutex_unlock(&guard); if (now) return 0; } }
        THREAD(setter) { UNUSED;
            pthread_mutex_lock(&guard); SET; pthread_mutex_unlock(&guard); return 0; }
        int main(void) { go(waiter, 0); go(waiter, 0); go(setter, 0); done(); }""",
    "looks with others who read": """
        static pthread_rwlock_t guard = PTHREAD_RWLOCK_INITIALIZER; int ready;
        THREAD(waiter) { UNUSED; for (;;) {
            pthread_rwlock_rdlock(&guard); int now = ready; pthread_rwlock_unlock(&guard);
            if (now) return 0; sched_yield(); } }
        THREAD(setter) { UNUSED;
            pthread_rwlock_wrlock(&guard); SET; pthread_rwlock_unlock(&guard); return 0; }
        int main(void) { go(waiter, 0); go(setter, 0); done(); }""",
    "looks while it holds a place": """
        sem_t places; int ready;
        THREAD(waiter) { UNUSED; for (;;) {
            sem_wait(&places); int now = ready; sem_post(&places); if (now) return 0; } }
        THREAD(setter) { UNUSED; sem_wait(&places); SET; sem_post(&places); return 0; }
        int main(void) { sem_init(&places, 0, 1); go(waiter, 0); go(setter, 0); done(); }""",
    "looks under a lock of its own making": """
        atomic_int guard; int ready;
        static void lock(void) { while (atomic_exchange(&guard, 1)) ; }
        static void unlock(void) { atomic_store(&guard, 0); }
        THREAD(waiter) { UNUSED; for (;;) {
            lock(); int now = ready; unlock(); if (now) return 0; } }
        THREAD(setter) { UNUSED; lock(); SET; unlock(); return 0; }
        int main(void) { go(waiter, 0); go(setter, 0); done(); }""",
    "marks what it looks at and wipes it off": """
        static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready, looking;
        THREAD(waiter) { UNUSED; for (;;) {
            pthread_mutex_lock(&guard); looking++; int now = ready; looking--;
            pthread_mutex_unlock(&guard); if (now) return 0; } }
        THREAD(setter) { UNUSED;
            pthread_mutex_lock(&guard); SET; assert(!looking); pthread_mutex_unlock(&guard);
            return 0; }
        int main(void) { go(waiter, 0); go(setter, 0); done(); }""",
    "waits for a while": """
        static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready;
        static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
        THREAD(waiter) { UNUSED; struct timespec until = {2000000000, 0};
            pthread_mutex_lock(&guard);
            while (!ready) pthread_cond_timedwait(&changed, &guard, &until);
            pthread_mutex_unlock(&guard); return 0; }
        THREAD(setter) { UNUSED; pthread_mutex_lock(&guard); SET;
            pthread_cond_broadcast(&changed); pthread_mutex_unlock(&guard); return 0; }
        int main(void) { go(waiter, 0); go(waiter, 0); go(setter, 0); done(); }""",
    "waits for a while for a place": """
        sem_t filled; atomic_int stop;
        THREAD(waiter) { UNUSED; struct timespec until = {2000000000, 0};
            while (sem_timedwait(&filled, &until)) if (atomic_load(&stop)) return 0;
            return 0; }
        THREAD(setter) { UNUSED; int ready; SET; if (ready) atomic_store(&stop, 1); return 0; }
        int main(void) { sem_init(&filled, 0, 0); go(waiter, 0); go(setter, 0); done(); }""",
    "tries for a while to lock": """
        static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready;
        THREAD(waiter) { UNUSED; struct timespec until = {2000000000, 0}; for (;;) {
            while (pthread_mutex_timedlock(&guard, &until)) ;
            int now = ready; pthread_mutex_unlock(&guard); if (now) return 0; } }
        THREAD(setter) { UNUSED;
            pthread_mutex_lock(&guard); SET; pthread_mutex_unlock(&guard); return 0; }
        int main(void) { go(waiter, 0); go(setter, 0); done(); }""",
}  # fmt: skip


@pytest.mark.parametrize("search", ["exhaustive", *SAMPLERS])
@pytest.mark.parametrize("name", TAKES_BACK)
def test_a_round_that_took_back_what_it_did_is_waiting(name: str, search: str) -> None:
    text = TAKES_BACK[name].replace("SET;", "ready = 1;")
    result = run(text, search=search, max_executions=2000)
    assert (result.verdict, kinds(result)) == (Verdict.PASSED, [])
    assert result.exhaustive or search != "exhaustive"


@pytest.mark.parametrize("search", ["exhaustive", "random", "pct"])
@pytest.mark.parametrize("name", TAKES_BACK)
def test_such_a_loop_that_nobody_ends_is_a_livelock(name: str, search: str) -> None:
    text = TAKES_BACK[name].replace("SET;", "ready = 0;")
    result = run(text, search=search, max_executions=2000, model="sc")
    assert kinds(result) == ["livelock"]


ADD_AND_TAKE_BACK = """
atomic_int inside; int data;
THREAD(enter) { UNUSED;
    for (;;) { if (atomic_fetch_add(&inside, 1) == 0) break; atomic_fetch_sub(&inside, 1); }
    BODY
    atomic_fetch_sub(&inside, 1); return 0; }
int main(void) { for (int i = 0; i < N; i++) go(enter, 0); done(); OVER }
"""


@pytest.mark.parametrize("search", ["exhaustive", *SAMPLERS])
@pytest.mark.parametrize("threads", [2, 3])
def test_adding_and_taking_back_is_waiting(threads: int, search: str) -> None:
    """Also where two who fail see each other do it, again and again."""
    text = ADD_AND_TAKE_BACK.replace("< N", f"< {threads}").replace("BODY", "data++;")
    text = text.replace("OVER", f"assert(data == {threads} && !inside);")
    result = run(text, search=search, max_executions=2000)
    assert (result.verdict, kinds(result)) == (Verdict.PASSED, [])


def test_who_notices_such_a_round_is_not_left_out() -> None:
    """What the rounds leave behind for a moment is seen, each value of it."""
    text = """
    static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; int ready; atomic_int seen;
    THREAD(waiter) { UNUSED; for (;;) {
        pthread_mutex_lock(&guard); int now = ready; pthread_mutex_unlock(&guard);
        if (now) return 0; } }
    THREAD(other) { UNUSED; if (pthread_mutex_trylock(&guard)) seen = 1;
        else pthread_mutex_unlock(&guard); return 0; }
    int main(void) { go(waiter, 0); go(other, 0); pthread_mutex_lock(&guard); ready = 1;
        pthread_mutex_unlock(&guard); done(); assert(!seen); }
    """
    for model in ("sc", "tso", "rc11"):
        assert kinds(run(text, model=model)) == ["assertion"]


def test_a_round_that_ends_in_another_value_goes_on() -> None:
    text = """
    atomic_int turn;
    THREAD(step) { UNUSED; for (;;) { if (atomic_fetch_add(&turn, 1) >= 5) return 0; } }
    int main(void) { go(step, 0); done(); assert(turn == 6); }
    """
    result = run(text)
    assert (result.verdict, result.executions) == (Verdict.PASSED, 1)


#: Rounds that write, and see each other's. %s: whether somebody lets them go.
SEE_EACH_OTHER = {
    "count themselves in where nobody is": """
        atomic_int inside = 1, open;
        THREAD(enter) { UNUSED;
            while (atomic_fetch_add(&inside, 1) != 0) atomic_fetch_sub(&inside, 1);
            atomic_fetch_sub(&inside, 1); return 0; }
        THREAD(opens) { UNUSED; atomic_store(&open, 1); return 0; }
        int main(void) { go(opens, 0); if (%s) atomic_fetch_sub(&inside, 1);
            go(enter, 0); go(enter, 0); done(); }""",
    "hand each other the turn": """
        atomic_int turn, over;
        THREAD(player) { long me = (long)arg; while (!atomic_load(&over)) {
            while (atomic_load(&turn) != me) if (atomic_load(&over)) return 0;
            atomic_store(&turn, (int)!me); } return 0; }
        THREAD(ends) { UNUSED; atomic_store(&over, 1); return 0; }
        atomic_int late; THREAD(looks) { UNUSED; atomic_store(&late, 1); return 0; }
        int main(void) { go(looks, 0); int now = %s; go(player, (void *)0); go(player, (void *)1);
            if (now) go(ends, 0); done(); }""",
    "take a place each and give it back": """
        sem_t places; atomic_int open;
        THREAD(pair) { UNUSED; for (;;) { sem_wait(&places);
            if (!sem_trywait(&places)) { sem_post(&places); sem_post(&places); return 0; }
            sem_post(&places); } }
        THREAD(opens) { UNUSED; atomic_store(&open, 1); return 0; }
        int main(void) { sem_init(&places, 0, 1); go(opens, 0); if (%s) sem_post(&places);
            go(pair, 0); go(pair, 0); done(); }""",
    "pass a mark on and wait for it to come back": """
        atomic_int mark, open;
        THREAD(passes) { long me = (long)arg; for (;;) {
            int want = (int)me; if (atomic_load(&open)) return 0;
            atomic_compare_exchange_strong(&mark, &want, (int)!me); } }
        THREAD(opens) { UNUSED; atomic_store(&open, 1); return 0; }
        atomic_int late; THREAD(looks) { UNUSED; atomic_store(&late, 1); return 0; }
        int main(void) { go(looks, 0); int now = %s; go(passes, (void *)0); go(passes, (void *)1);
            if (now) go(opens, 0); done(); }""",
}  # fmt: skip
SOMETIMES = {"turn": "atomic_load(&late)", "mark": "atomic_load(&late)"}


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("name", SEE_EACH_OTHER)
def test_rounds_that_see_each_other_for_good_are_a_livelock(
    name: str, model: str
) -> None:
    """In some executions nobody lets them go; others end."""
    sometimes = next(
        (look for word, look in SOMETIMES.items() if word in name), "atomic_load(&open)"
    )
    result = run(SEE_EACH_OTHER[name] % sometimes, model=model)
    assert kinds(result) == ["livelock"]


@pytest.mark.parametrize("search", ["exhaustive", *SAMPLERS])
@pytest.mark.parametrize("name", SEE_EACH_OTHER)
def test_who_is_always_let_go_passes(name: str, search: str) -> None:
    limit = {} if search == "exhaustive" else {"max_executions": 200}
    result = run(SEE_EACH_OTHER[name] % "1", search=search, **limit)
    assert (result.verdict, kinds(result), result.notes) == (Verdict.PASSED, [], [])


def test_rounds_of_which_too_little_is_known_are_undecided() -> None:
    """Five count in steps of their own: more states than are looked at, and no silent pass."""
    text = """
    atomic_int inside = 1, open;
    THREAD(enter) { long step = (long)arg; for (;;) {
        if (atomic_fetch_add(&inside, step) == 0) return 0;
        atomic_fetch_add(&inside, step); atomic_fetch_add(&inside, step);
        atomic_fetch_sub(&inside, step); atomic_fetch_sub(&inside, step);
        atomic_fetch_sub(&inside, step); } }
    int main(void) { for (long i = 0; i < 5; i++) go(enter, (void *)(1 + i * 100)); done(); }
    """
    result = run(text, search="random", max_executions=1)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "rounds")
    assert "go round for good" in result.notes[0]
