"""What lock-free code is made of, with its orders drawn and its statements left out by chance.

Each idiom has what its threads share and a body for each role. ``$L $S $X $F`` are drawn orders of
a load, a store, an update and a fence; a line that begins with ``?`` may be missing. ``out(v)``
keeps a result of the role. What comes of it may be right or wrong: it must be the same in whatever
order the threads are created, and no sampler may find what the search has not found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

HEAD = """\
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define RLX memory_order_relaxed
#define ACQ memory_order_acquire
#define REL memory_order_release
#define AR memory_order_acq_rel
#define SC memory_order_seq_cst
#define get(x, o) atomic_load_explicit(&(x), o)
#define put(x, v, o) atomic_store_explicit(&(x), v, o)
#define swap(x, v, o) atomic_exchange_explicit(&(x), v, o)
#define add(x, v, o) atomic_fetch_add_explicit(&(x), v, o)
#define cas(x, e, v, o) atomic_compare_exchange_strong_explicit(&(x), e, v, o, RLX)
#define weak(x, e, v, o) atomic_compare_exchange_weak_explicit(&(x), e, v, o, RLX)
#define fence(o) atomic_thread_fence(o)
static int results[8][4];
#define out(v) __atomic_store_n(&results[role][n_++], (int)(v), __ATOMIC_RELAXED)
"""

ORDERS = {
    "L": ("RLX", "ACQ", "ACQ", "SC"),
    "S": ("RLX", "REL", "REL", "SC"),
    "X": ("RLX", "ACQ", "REL", "AR", "AR", "SC"),
    "F": ("ACQ", "REL", "AR", "SC", "SC"),
}


@dataclass(frozen=True)
class Idiom:
    """``roles`` are thread bodies; ``most`` times each; counted: no loop that may go on."""

    shared: str
    roles: tuple[str, ...]
    least: int = 2
    most: int = 3
    counted: bool = False
    options: tuple[str, ...] = ()


IDIOMS = {
    "peterson": Idiom(
        "static atomic_int want[2], turn; static int inside;",
        tuple(
            f"""put(want[{me}], 1, $S);
            ?fence($F);
            put(turn, {1 - me}, $S);
            ?fence($F);
            while (get(want[{1 - me}], $L) && get(turn, $L) == {1 - me}) ;
            inside++;
            put(want[{me}], 0, $S);"""
            for me in range(2)
        ),
        most=2,
    ),
    "dekker": Idiom(
        "static atomic_int want[2]; static int inside;",
        tuple(
            f"""put(want[{me}], 1, $S);
            ?fence($F);
            if (!get(want[{1 - me}], $L)) {{ inside++; out(1); }}"""
            for me in range(2)
        ),
        most=2,
        counted=True,
    ),
    "treiber": Idiom(
        "struct node { int v; struct node *next; };\nstatic _Atomic(struct node *) top;",
        (
            """struct node *n = malloc(sizeof *n); n->v = role + 1;
            n->next = get(top, $L);
            while (!cas(top, &n->next, n, $X)) ;""",
            """struct node *n = get(top, $L);
            while (n && !cas(top, &n, n->next, $X)) ;
            out(n ? n->v : 0);
            ?free(n);""",
        ),
        least=2,
        most=4,
    ),
    "a stack that is taken whole": Idiom(
        "struct node { int v; struct node *next; };\nstatic _Atomic(struct node *) top;",
        (
            """struct node n = {role + 1, get(top, RLX)};
            while (!weak(top, &n.next, &n, $X)) ;
            while (get(top, $L) == &n) ;""",
            """struct node *n = swap(top, NULL, $X);
            int sum = 0;
            for (; n; n = n->next) sum += n->v;
            out(sum);""",
        ),
        most=3,
    ),
    "ms queue": Idiom(
        """struct node { int v; _Atomic(struct node *) next; };
        static struct node first; static _Atomic(struct node *) head, tail;
        __attribute__((constructor)) static void begin(void) { head = tail = &first; }""",
        (
            """struct node *n = malloc(sizeof *n), *last, *next; n->v = role + 1;
            atomic_init(&n->next, NULL);
            for (;;) {
              last = get(tail, $L); next = get(last->next, $L);
              if (next) { cas(tail, &last, next, $X); continue; }
              if (cas(last->next, &next, n, $X)) break;
            }
            ?cas(tail, &last, n, $X);""",
            """struct node *h = get(head, $L), *next = get(h->next, $L);
            if (next && cas(head, &h, next, $X)) out(next->v); else out(0);""",
        ),
    ),
    "ticket": Idiom(
        "static atomic_int next, serving; static int inside;",
        (
            """int me = add(next, 1, $X);
            while (get(serving, $L) != me) ;
            out(inside++);
            put(serving, me + 1, $S);""",
        ),
        most=3,
    ),
    "mcs": Idiom(
        """struct node { _Atomic(struct node *) next; atomic_int locked; };
        static _Atomic(struct node *) tail; static int inside;""",
        (
            """struct node me; atomic_init(&me.next, NULL); atomic_init(&me.locked, 1);
            struct node *before = swap(tail, &me, $X);
            if (before) { put(before->next, &me, $S); while (get(me.locked, $L)) ; }
            out(inside++);
            struct node *after = get(me.next, $L), *mine = &me;
            if (!after) {
              if (cas(tail, &mine, NULL, $X)) goto done;
              while (!(after = get(me.next, $L))) ;
            }
            put(after->locked, 0, $S);
            done: ;""",
        ),
        most=3,
    ),
    "clh": Idiom(
        """struct node { atomic_int locked; };
        static struct node free_node; static _Atomic(struct node *) tail = &free_node;
        static int inside;""",
        (
            """struct node *me = malloc(sizeof *me); atomic_init(&me->locked, 1);
            struct node *before = swap(tail, me, $X);
            while (get(before->locked, $L)) ;
            out(inside++);
            put(me->locked, 0, $S);""",
        ),
    ),
    "seqlock": Idiom(
        "static atomic_uint seq; static atomic_int a, b;",
        (
            """unsigned s = get(seq, RLX);
            put(seq, s + 1, $S);
            ?fence($F);
            put(a, s + 5, RLX);
            put(b, s + 5, RLX);
            put(seq, s + 2, $S);""",
            """unsigned s = get(seq, $L);
            int x = get(a, $L), y = get(b, $L);
            ?fence($F);
            if (!(s & 1) && get(seq, $L) == s) { out(x); out(y); }""",
        ),
        counted=True,
    ),
    "hazard": Idiom(
        """struct node { int v; }; static _Atomic(struct node *) shared, hazard;
        __attribute__((constructor)) static void begin(void) {
          struct node *n = malloc(sizeof *n); n->v = 1; shared = n; }""",
        (
            """struct node *p = get(shared, RLX);
            put(hazard, p, $S);
            ?fence($F);
            ?if (get(shared, $L) != p) p = NULL;
            if (p) out(p->v);
            put(hazard, NULL, $S);""",
            """struct node *n = malloc(sizeof *n); n->v = 2;
            struct node *old = swap(shared, n, $X);
            ?fence($F);
            if (get(hazard, $L) != old) free(old);""",
        ),
        most=2,
        counted=True,
    ),
    "rcu": Idiom(
        """struct node { int v; }; static _Atomic(struct node *) shared;
        static atomic_int reading[2];
        __attribute__((constructor)) static void begin(void) {
          struct node *n = malloc(sizeof *n); n->v = 1; shared = n; }""",
        (
            """put(reading[0], 1, $S);
            ?fence($F);
            out(get(shared, $L)->v);
            put(reading[0], 0, $S);""",
            """struct node *n = malloc(sizeof *n); n->v = 2;
            struct node *old = swap(shared, n, $X);
            ?fence($F);
            while (get(reading[0], $L)) ;
            free(old);""",
        ),
        most=2,
    ),
    "flag": Idiom(
        "static atomic_flag lock = ATOMIC_FLAG_INIT; static int inside;",
        (
            """while (atomic_flag_test_and_set_explicit(&lock, $X)) ;
            out(inside++);
            atomic_flag_clear_explicit(&lock, $S);""",
            """if (!atomic_flag_test_and_set_explicit(&lock, $X)) {
              out(inside++);
              atomic_flag_clear_explicit(&lock, $S);
            }""",
        ),
        most=4,
    ),
    "atomic structure": Idiom(
        "struct two { int a, b; }; static _Atomic(struct two) x, y;",
        (
            """struct two v = {role, 1}; put(x, v, $S); struct two r = get(y, $L); out(r.a); out(r.b);""",
            """struct two v = get(x, $L); out(v.a + 10 * v.b); v.b++; put(y, v, $S);""",
            """struct two v = get(x, $L), w = {v.a + 1, v.b + 1}; out(cas(x, &v, w, $X)); out(v.a);""",
            """struct two v = {7, role}; v = swap(x, v, $X); out(v.a); out(v.b);""",
        ),
        most=3,
        counted=True,
    ),
    "weak": Idiom(
        "static atomic_int x, y;",
        (
            """int e = 0; out(weak(x, &e, role + 1, $X)); out(e); put(y, 1, $S);""",
            """int e = get(y, $L); out(e); out(weak(x, &e, 5, $X)); out(e);""",
            """put(x, 0, $S); out(get(y, $L));""",
        ),
        most=3,
        counted=True,
        options=("--weak-failures",),
    ),
    "weak loop": Idiom(
        "static atomic_int x; static int inside;",
        (
            """int e = 0; while (!weak(x, &e, 1, $X)) e = 0;
            out(inside++);
            put(x, 0, $S);""",
        ),
        most=3,
        options=("--weak-failures",),
    ),
    "condition": Idiom(
        """static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
        static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int ready; static atomic_int x;""",
        (
            """pthread_mutex_lock(&m);
            while (!ready) pthread_cond_wait(&c, &m);
            ready--; out(get(x, $L));
            pthread_mutex_unlock(&m);""",
            """put(x, role + 1, $S);
            pthread_mutex_lock(&m);
            ready++;
            ?pthread_cond_signal(&c);
            pthread_mutex_unlock(&m);""",
            """put(x, role + 1, $S);
            pthread_mutex_lock(&m);
            ready += 2;
            pthread_mutex_unlock(&m);
            ?pthread_cond_broadcast(&c);""",
        ),
        most=4,
    ),
    "named semaphore": Idiom(
        """static sem_t *s; static int inside; static atomic_int x;
        __attribute__((constructor)) static void begin(void) {
          s = sem_open("/one", O_CREAT, 0600, 1); }""",
        (
            """sem_wait(s);
            out(inside++);
            sem_post(s);""",
            """if (sem_trywait(s) == 0) {
              out(inside++);
              ?sem_post(s);
            }
            put(x, 1, $S);""",
            """out(get(x, $L));
            ?sem_post(s);""",
        ),
        most=3,
    ),
    "stack node": Idiom(
        """struct ask { int v; atomic_int done; }; static _Atomic(struct ask *) box;""",
        (
            """struct ask a = {role + 1, 0}; struct ask *none = NULL;
            if (cas(box, &none, &a, $X)) { while (!get(a.done, $L)) ; out(a.v); }""",
            """struct ask *a = get(box, $L);
            if (a) { a->v += 10; put(box, NULL, $S); put(a->done, 1, $S); }
            else out(-1);""",
        ),
        most=2,
    ),
    "twice looked": Idiom(
        """static _Atomic(int *) once; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
        static int room;""",
        (
            """int *p = get(once, $L);
            if (!p) {
              pthread_mutex_lock(&m);
              ?p = get(once, RLX);
              if (!p) { room++; p = &room; put(once, p, $S); }
              pthread_mutex_unlock(&m);
            }
            out(*p);""",
        ),
        most=3,
    ),
    "chase lev": Idiom(
        "static atomic_int top, bottom = 1, slot[2] = {7, 8};",
        (
            """int b = get(bottom, RLX) - 1; put(bottom, b, $S);
            ?fence($F);
            int t = get(top, $L);
            if (t < b) out(get(slot[b & 1], RLX));
            else { if (t == b && cas(top, &t, t + 1, $X)) out(get(slot[b & 1], RLX));
              put(bottom, b + 1, $S); }""",
            """int t = get(top, $L);
            ?fence($F);
            int b = get(bottom, $L);
            if (t < b) { int v = get(slot[t & 1], RLX); if (cas(top, &t, t + 1, $X)) out(v); }""",
        ),
        most=3,
        counted=True,
    ),
    "barrier of a counter": Idiom(
        "static atomic_int here; static int data[4];",
        (
            """data[role] = 1;
            add(here, 1, $X);
            while (get(here, $L) < COUNT) ;
            int sum = 0;
            for (int i = 0; i < COUNT; i++) sum += data[i];
            out(sum);""",
        ),
        most=3,
    ),
    "reader counts": Idiom(
        "static atomic_int state; static int data;",
        (
            """int s = get(state, $L);
            for (;;) { if (s < 0) { s = get(state, $L); continue; }
              if (weak(state, &s, s + 1, $X)) break; }
            out(data);
            add(state, -1, $X);""",
            """int s = 0;
            while (!cas(state, &s, -1, $X)) s = 0;
            data++;
            put(state, 0, $S);""",
        ),
        most=3,
    ),
    "last reference": Idiom(
        """static atomic_int count; static int *object;
        __attribute__((constructor)) static void begin(void) {
          object = malloc(4); *object = 1; count = COUNT; }""",
        (
            """out(*object);
            if (add(count, -1, $X) == 1) {
              ?fence($F);
              free(object);
            }""",
        ),
        most=4,
        counted=True,
    ),
    "ring": Idiom(
        "static atomic_uint head, tail; static int slot[2];",
        (
            """for (int i = 1; i < 4; i++) {
              unsigned t = get(tail, RLX);
              if (t - get(head, $L) < 2) { slot[t & 1] = i; put(tail, t + 1, $S); } }""",
            """for (int i = 0; i < 2; i++) {
              unsigned h = get(head, RLX);
              if (get(tail, $L) != h) { out(slot[h & 1]); put(head, h + 1, $S); } }""",
        ),
        most=2,
        counted=True,
    ),
    "halves": Idiom(
        """static union { _Atomic(uint32_t) whole; _Atomic(uint16_t) half[2]; } u;
        static atomic_int x;""",
        (
            """out(add(u.half[0], 1, SC)); out(get(u.whole, SC));""",
            """uint32_t e = 0; out(cas(u.whole, &e, 0x10001u * (role + 1), SC)); out(e);""",
            """put(u.half[1], role + 1, SC); out(get(u.half[0], SC));""",
        ),
        most=3,
        counted=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """An idiom with a body for each thread."""

    name: str
    bodies: tuple[str, ...]

    @property
    def idiom(self) -> Idiom:
        """What it was drawn from."""
        return IDIOMS[self.name]


def drawn(seed: int, name: str = "") -> Drawn:
    """The program of a seed."""
    random = Random(f"idiom {seed}")
    name = name or random.choice(list(IDIOMS))
    idiom = IDIOMS[name]
    count = random.randint(idiom.least, idiom.most)
    bodies = [*idiom.roles][:count]
    while len(bodies) < count:
        bodies.append(random.choice(idiom.roles))
    share = random.choice((0.0, 0.2, 0.5))
    strongest = random.random() < 0.3
    return Drawn(
        name, tuple(_body(random, body, share, strongest=strongest) for body in bodies)
    )


def _body(random: Random, body: str, missing: float, *, strongest: bool) -> str:
    lines = []
    for line in body.splitlines():
        text = line.strip()
        if "?" in text and " ? " not in text:
            if random.random() < missing:
                continue
            text = text.replace("?", "")
        lines.append(text)

    def order(found: re.Match[str]) -> str:
        choices = ORDERS[found[1]]
        return choices[-1] if strongest else random.choice(choices)

    return re.sub(r"\$([LSXF])", order, "\n".join(lines))


def to_c(program: Drawn, order: Sequence[int]) -> str:
    """The program in C; its threads are created in this order."""
    count = len(program.bodies)
    text = [HEAD, f"#define COUNT {count}", program.idiom.shared]
    for role, body in enumerate(program.bodies):
        inside = body.replace("\n", "\n    ")
        text.append(
            f"static void *role{role}(void *unused) {{\n    const int role = {role}; int n_ = 0;\n"
            f"    {inside}\n    (void)role, (void)n_; return unused;\n}}"
        )
    text.append(f"int main(void) {{\n    pthread_t t[{count}];")
    text += [
        f"    pthread_create(&t[{i}], 0, role{role}, 0);" for i, role in enumerate(order)
    ]
    text.append(f"    for (int i = 0; i < {count}; i++) pthread_join(t[i], 0);")
    text.append("    return 0;\n}\n")
    return "\n".join(text)
