"""Locks, and other ways to wait for each other, of atomics and of the library."""

from __future__ import annotations

from .idiom import Idiom

LOCKS = {
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
        static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int ready;
        static atomic_int x;""",
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
    "bakery": Idiom(
        "static atomic_int choosing[2], number[2]; static int inside;",
        tuple(
            f"""put(choosing[{me}], 1, $S);
            ?fence($F);
            int mine = 1 + get(number[{1 - me}], $L);
            put(number[{me}], mine, $S);
            put(choosing[{me}], 0, $S);
            ?fence($F);
            while (get(choosing[{1 - me}], $L)) ;
            int other;
            while ((other = get(number[{1 - me}], $L)) && other < mine + {me}) ;
            inside++;
            put(number[{me}], 0, $S);"""
            for me in range(2)
        ),
        most=2,
    ),
    "look, then take": Idiom(
        "static atomic_int lock; static int inside;",
        (
            """for (;;) { while (get(lock, RLX)) ; if (!swap(lock, 1, $X)) break; }
            out(inside++);
            put(lock, 0, $S);""",
            """int e = 0;
            while (!cas(lock, &e, 1, $X)) { e = 0; sched_yield(); }
            out(inside++);
            put(lock, 0, $S);""",
        ),
        most=3,
    ),
    "timed condition": Idiom(
        """static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
        static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int ready;
        static const struct timespec soon = {0, 1};""",
        (
            """pthread_mutex_lock(&m);
            while (!ready) pthread_cond_timedwait(&c, &m, &soon);
            out(ready--);
            pthread_mutex_unlock(&m);""",
            """pthread_mutex_lock(&m);
            ready++;
            ?pthread_cond_signal(&c);
            pthread_mutex_unlock(&m);""",
        ),
        most=3,
    ),
}  # fmt: skip
