"""Small C programs with nothing wrong."""

from __future__ import annotations

#: What must pass, with the number of executions where it is known.
SOUND: dict[str, tuple[str, int | None]] = {
    "a-text-of-several": (
        "static char name[40]; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
        "THREAD(f) { pthread_mutex_lock(&m); strcat(name, arg); pthread_mutex_unlock(&m); return 0; }"
        'int main(void) { go(f, "one,"); go(f, "three,"); f("two,"); done(); puts(name);'
        " char *copy = strdup(name); int bad = strcmp(copy, name) || strlen(name) != 14; free(copy); return bad; }",
        6,
    ),
    "a-new-block-grows": (
        "int main(void) { int *p = malloc(8); p = realloc(p, 64); p[15] = 1; int x = p[15]; free(p); return x - 1; }",
        1,
    ),
    "empty": ("int main(void) { return 0; }", 1),
    "exit-in-a-thread": (
        "THREAD(f) { UNUSED; exit(0); } int main(void) { go(f,0); done(); }",
        1,
    ),
    "printing": (
        'int main(void) { printf("%d %s\\n", 3, "x"); puts("y"); fprintf(stderr, "z"); }',
        1,
    ),
    "store-buffering": (
        "atomic_int x, y; THREAD(f) { UNUSED; atomic_store(&x, 1); (void)atomic_load(&y); return 0; }"
        "THREAD(g) { UNUSED; atomic_store(&y, 1); (void)atomic_load(&x); return 0; }"
        "int main(void) { go(f,0); go(g,0); done(); }",
        3,
    ),
    "message-passing": (
        "int d; atomic_int f; THREAD(w) { UNUSED; d = 1; atomic_store_explicit(&f, 1, memory_order_release); return 0; }"
        "THREAD(r) { UNUSED; if (atomic_load_explicit(&f, memory_order_acquire)) assert(d == 1); return 0; }"
        "int main(void) { go(w,0); go(r,0); done(); }",
        2,
    ),
    "mutex": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; int x;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); x++; pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { go(f,0); go(f,0); go(f,0); done(); assert(x == 3); }",
        6,
    ),
    "recursive-mutex": (
        "int main(void) { pthread_mutexattr_t a; pthread_mutex_t m; pthread_mutexattr_init(&a);"
        " pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE); pthread_mutex_init(&m, &a);"
        " pthread_mutex_lock(&m); pthread_mutex_lock(&m); pthread_mutex_unlock(&m); pthread_mutex_unlock(&m); pthread_mutex_destroy(&m); }",
        1,
    ),
    "errorcheck-mutex": (
        "int main(void) { pthread_mutexattr_t a; pthread_mutex_t m; pthread_mutexattr_init(&a);"
        " pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK); pthread_mutex_init(&m, &a);"
        " assert(pthread_mutex_unlock(&m) == EPERM); pthread_mutex_lock(&m); assert(pthread_mutex_lock(&m) == EDEADLK); pthread_mutex_unlock(&m); }",
        1,
    ),
    "trylock": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; int x;"
        "THREAD(f) { UNUSED; if (!pthread_mutex_trylock(&m)) { x++; pthread_mutex_unlock(&m); } return 0; }"
        "int main(void) { go(f,0); go(f,0); done(); }",
        4,
    ),
    "spinning-on-trylock": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; int x;"
        "THREAD(f) { UNUSED; while (pthread_mutex_trylock(&m)) ; x++; pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { go(f,0); go(f,0); done(); assert(x == 2); }",
        2,
    ),
    "reader-writer-lock": (
        "pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER; int x;"
        "THREAD(w) { UNUSED; pthread_rwlock_wrlock(&l); x++; pthread_rwlock_unlock(&l); return 0; }"
        "THREAD(r) { UNUSED; pthread_rwlock_rdlock(&l); int y = x; pthread_rwlock_unlock(&l); assert(y == 0 || y == 1); return 0; }"
        "int main(void) { go(w,0); go(r,0); go(r,0); done(); }",
        None,
    ),
    "condition-variable": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER; int ready;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); ready = 1; pthread_cond_signal(&c); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { go(f,0); pthread_mutex_lock(&m); while (!ready) pthread_cond_wait(&c, &m); pthread_mutex_unlock(&m); done(); }",
        2,
    ),
    "broadcast": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER; int ready;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); while (!ready) pthread_cond_wait(&c, &m); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { go(f,0); go(f,0); pthread_mutex_lock(&m); ready = 1; pthread_cond_broadcast(&c); pthread_mutex_unlock(&m); done(); }",
        None,
    ),
    "timed-wait-times-out": (
        "int main(void) { pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER; struct timespec t = {0, 0};"
        " pthread_mutex_lock(&m); assert(pthread_cond_timedwait(&c, &m, &t) == ETIMEDOUT); pthread_mutex_unlock(&m); }",
        1,
    ),
    "timed-wait-ends-both-ways": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_cond_signal(&c); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; pthread_mutex_lock(&m); go(f,0); int r = pthread_cond_timedwait(&c, &m, &t);"
        " pthread_mutex_unlock(&m); done(); assert(r == 0 || r == ETIMEDOUT); }",
        None,
    ),
    "timed-lock-ends-both-ways": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; go(f,0); int r = pthread_mutex_timedlock(&m, &t);"
        " if (!r) pthread_mutex_unlock(&m); done(); assert(r == 0 || r == ETIMEDOUT); }",
        None,
    ),
    "barrier": (
        "pthread_barrier_t b; int x[2]; THREAD(f) { int i = (int)(intptr_t)arg; x[i] = 1; pthread_barrier_wait(&b); assert(x[1 - i] == 1); return 0; }"
        "int main(void) { pthread_barrier_init(&b, 0, 2); go(f,0); go(f,(void *)1); done(); pthread_barrier_destroy(&b); }",
        2,
    ),
    "semaphore": (
        "sem_t s; int x; THREAD(f) { UNUSED; sem_wait(&s); assert(x == 1); return 0; }"
        "int main(void) { sem_init(&s, 0, 0); go(f,0); x = 1; sem_post(&s); done(); }",
        1,
    ),
    "once": (
        "pthread_once_t o = PTHREAD_ONCE_INIT; int x; static void init(void) { x++; }"
        "THREAD(f) { UNUSED; pthread_once(&o, init); assert(x == 1); return 0; } int main(void) { go(f,0); go(f,0); done(); }",
        2,
    ),
    "keys-and-destructors": (
        "pthread_key_t k; atomic_int gone; static void end(void *p) { gone += *(int *)p; free(p); }"
        "THREAD(f) { UNUSED; int *p = malloc(4); *p = 1; pthread_setspecific(k, p); assert(pthread_getspecific(k) == p); return 0; }"
        "int main(void) { pthread_key_create(&k, end); go(f,0); done(); assert(gone == 1); assert(!pthread_getspecific(k)); }",
        1,
    ),
    "keys-set-by-destructors": (
        "pthread_key_t k, next; atomic_int n; static void second(void *p) { (void)p; n += 10; }"
        "static void first(void *p) { if (n++ < 1) pthread_setspecific(k, p); pthread_setspecific(next, p); }"
        "THREAD(f) { UNUSED; pthread_setspecific(k, &n); return 0; }"
        "int main(void) { pthread_key_create(&k, first); pthread_key_create(&next, second); go(f,0); done(); assert(n == 22); }",
        1,
    ),
    "constructors": (
        "static int made, used; __attribute__((constructor)) static void make(void) { made++; }"
        "__attribute__((destructor)) static void end(void) { assert(made == 1 && used == 1); }"
        "THREAD(f) { UNUSED; assert(made == 1); used++; return 0; } int main(void) { go(f,0); done(); }",
        1,
    ),
    "thread-local": (
        "static _Thread_local int x = 5; static _Thread_local char z[100]; THREAD(f) { UNUSED; assert(x == 5 && !z[7]); x++; z[7] = 1; assert(x == 6); return 0; }"
        "int main(void) { x = 9; go(f,0); go(f,0); done(); assert(x == 9); }",
        1,
    ),
    "results-of-threads": (
        "THREAD(f) { return (char *)arg + 1; } int main(void) { pthread_t t; void *r; pthread_create(&t, 0, f, (void *)41); pthread_join(t, &r); assert(r == (void *)42); }",
        1,
    ),
    "pthread-exit-and-detach": (
        "THREAD(f) { pthread_exit(arg); } int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); pthread_detach(t); assert(!pthread_equal(t, pthread_self())); }",
        1,
    ),
    "c11-threads": (
        "mtx_t m; int x; static int f(void *p) { (void)p; mtx_lock(&m); x++; mtx_unlock(&m); return 7; }"
        "int main(void) { thrd_t a, b; int r; mtx_init(&m, mtx_plain); thrd_create(&a, f, 0); thrd_create(&b, f, 0); thrd_join(a, &r); thrd_join(b, 0); assert(x == 2 && r == 7); }",
        2,
    ),
    "heap-family": (
        "int main(void) { char *p = calloc(3, 4); assert(!p[11]); p = realloc(p, 100); assert(!p[5]); memset(p, 'a', 99); p[99] = 0; assert(strlen(p) == 99);"
        " char *q = strdup(p); assert(!strcmp(p, q)); free(p); free(q); void *r = aligned_alloc(256, 512); assert(!((uintptr_t)r & 255)); free(r); void *s; assert(!posix_memalign(&s, 64, 3)); free(s); free(0); }",
        1,
    ),
    "freed-block-is-used-again": (
        "int main(void) { void *p = malloc(24); free(p); void *q = malloc(20); assert(p == q); free(q); }",
        1,
    ),
    "sorting": (
        "static int by(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }"
        "int main(void) { int a[] = {5, 3, 9, 1, 1, 7}; qsort(a, 6, sizeof *a, by); for (int i = 1; i < 6; i++) assert(a[i-1] <= a[i]); int k = 7; assert(bsearch(&k, a, 6, sizeof *a, by) == &a[4]); }",
        1,
    ),
    "a-counted-loop-around-memcmp": (
        "atomic_int x; THREAD(f) { UNUSED; x = 1; return 0; }"
        "int main(void) { int zero = 0, v; go(f,0); for (int i = 0; i < 3; i++) { v = x; if (memcmp(&v, &zero, sizeof v)) break; } done(); }",
        4,
    ),
    "a-value-read-again-at-another-place": (
        "atomic_int x; THREAD(f) { UNUSED; x = 1; return 0; }"
        "int main(void) { go(f,0); int v = x; if (!v) v = x; int w = x; (void)w; done(); }",
        4,
    ),
    "a-value-that-a-failed-exchange-read-again": (
        "atomic_int x; THREAD(f) { UNUSED; x = 1; return 0; }"
        "int main(void) { go(f,0); int v = x; if (!v) atomic_compare_exchange_strong(&x, &v, 5); int w = x; (void)w; done(); }",
        4,
    ),
    "sixteen-bytes": (
        "typedef struct { uint64_t a, b; } pair; _Atomic pair x; int main(void) { pair o = {0, 0}, n = {1, 2}; assert(atomic_compare_exchange_strong(&x, &o, n)); o = atomic_load(&x); assert(o.a == 1 && o.b == 2); }",
        1,
    ),
    "every-fetch-operation": (
        "int main(void) { atomic_uchar x = 12; assert(atomic_fetch_add(&x, 250) == 12 && x == 6); assert(atomic_fetch_sub(&x, 7) == 6 && x == 255); assert(atomic_fetch_and(&x, 15) == 255); assert(atomic_fetch_or(&x, 64) == 15); assert(atomic_fetch_xor(&x, 1) == 79 && x == 78); assert(__atomic_fetch_nand(&x, 3, 0) == 78 && x == 253); assert(atomic_exchange(&x, 9) == 253); }",
        1,
    ),
    "clocks-and-sleeps": (
        "int main(void) { struct timespec a, b; clock_gettime(CLOCK_MONOTONIC, &a); usleep(5); sched_yield(); clock_gettime(CLOCK_MONOTONIC, &b); assert(b.tv_sec > a.tv_sec || b.tv_nsec > a.tv_nsec); time_t e = time(0) + 60; while (time(0) < e) ; }",
        1,
    ),
    "arguments": (
        'int main(int c, char **v) { assert(c == 3 && !strcmp(v[1], "one") && !strcmp(v[2], "two words") && !v[3]); v[1][0] = \'x\'; }',
        1,
    ),
    "main-returns-first": (
        "atomic_int x; THREAD(f) { UNUSED; x = 1; return 0; } int main(void) { go(f,0); return 0; }",
        1,
    ),
    "at-exit": (
        "static void bye(void) { assert(1); } int main(void) { atexit(bye); }",
        1,
    ),
    "spin-wait": (
        "int d; atomic_int f; THREAD(w) { UNUSED; d = 1; atomic_store_explicit(&f, 1, memory_order_release); return 0; }"
        "int main(void) { go(w,0); while (!atomic_load_explicit(&f, memory_order_acquire)) ; assert(d == 1); done(); }",
        1,
    ),
    "cas-lock": (
        "atomic_int l; int x; THREAD(f) { UNUSED; int e; do { e = 0; } while (!atomic_compare_exchange_strong_explicit(&l, &e, 1, memory_order_acquire, memory_order_relaxed)); x++; atomic_store_explicit(&l, 0, memory_order_release); return 0; }"
        "int main(void) { go(f,0); go(f,0); go(f,0); done(); assert(x == 3); }",
        6,
    ),
    "lock-on-the-heap": (
        "THREAD(f) { pthread_mutex_lock(arg); pthread_mutex_unlock(arg); return 0; } int main(void) { pthread_mutex_t *m = malloc(sizeof *m); pthread_mutex_init(m, 0); go(f,m); go(f,m); done(); pthread_mutex_destroy(m); free(m); }",
        2,
    ),
    "large-globals-are-restored": (
        "int big[100000]; atomic_int x; THREAD(f) { UNUSED; x++; return 0; } int main(void) { for (int i = 0; i < 100000; i += 5000) { assert(big[i] == 0); big[i] = 1; } go(f,0); go(f,0); done(); }",
        2,
    ),
}
