"""Small C programs with one thing wrong each, or with one thing that is refused."""

from __future__ import annotations

#: What must be found, each by the word that JSON has for it.
FLAWED = {
    "plain-increment": (
        "int x; THREAD(f) { UNUSED; x++; return 0; } int main(void) { go(f,0); go(f,0); done(); }",
        "data race",
    ),
    "race-on-a-stack-variable": (
        "THREAD(f) { ++*(int *)arg; return 0; } int main(void) { int x = 0; go(f,&x); x = 2; done(); }",
        "data race",
    ),
    "race-on-a-heap-block": (
        "THREAD(f) { ++*(int *)arg; return 0; } int main(void) { int *x = calloc(1, 4); go(f,x); go(f,x); done(); free(x); }",
        "data race",
    ),
    "volatile-is-not-atomic": (
        "volatile int x; THREAD(f) { UNUSED; x = 1; return 0; } int main(void) { go(f,0); x = 2; done(); }",
        "data race",
    ),
    "memcpy-is-an-access": (
        "char a[64], b[64]; THREAD(f) { UNUSED; memcpy(a, b, 64); return 0; } int main(void) { go(f,0); go(f,0); done(); }",
        "data race",
    ),
    "message-passing-relaxed": (
        "int d; atomic_int f; THREAD(w) { UNUSED; d = 1; atomic_store_explicit(&f, 1, memory_order_relaxed); return 0; }"
        "THREAD(r) { UNUSED; if (atomic_load_explicit(&f, memory_order_acquire)) assert(d == 1); return 0; }"
        "int main(void) { go(w,0); go(r,0); done(); }",
        "data race",
    ),
    "use-after-free": (
        "int main(void) { int *p = malloc(4); *p = 1; free(p); return *p; }",
        "use after free",
    ),
    "double-free": (
        "int main(void) { void *p = malloc(4); free(p); free(p); }",
        "double free",
    ),
    "invalid-free": ("int main(void) { static int x; free(&x); }", "invalid free"),
    "free-inside-a-block": (
        "int main(void) { char *p = malloc(8); free(p + 1); }",
        "invalid free",
    ),
    "heap-out-of-bounds": (
        "int main(void) { char *p = malloc(8); p[8] = 1; free(p); }",
        "out of bounds",
    ),
    "uninitialised-heap": (
        "int main(void) { int *p = malloc(4); int x = *p; free(p); return x; }",
        "uninitialised read",
    ),
    "null-pointer": ("int main(void) { volatile int *p = 0; return *p; }", "wild access"),
    "wild-pointer": (
        "int main(void) { volatile int *p = (int *)0x123456789ab0; return *p; }",
        "wild access",
    ),
    "atomic-through-null": (
        "int main(void) { atomic_int *volatile p = 0; return atomic_load(p); }",
        "wild access",
    ),
    "write-to-constant": (
        'int main(void) { *(volatile char *)(uintptr_t)"abc" = 1; }',
        "wild access",
    ),
    "division-by-zero": (
        "int main(int c, char **v) { (void)v; return 7 / (c - 1); }",
        "arithmetic fault",
    ),
    "trap": ("int main(void) { __builtin_trap(); }", "illegal instruction"),
    "endless-recursion": (
        'static __attribute__((noinline)) int f(int n) { int x[500]; __asm__ volatile("" : : "r"(x) : "memory"); return f(n + 1) + x[6]; }'
        "int main(void) { return f(0); }",
        "stack overflow",
    ),
    "assertion": ("int main(void) { int x = 1; assert(x == 2); }", "assertion"),
    "abort": ("int main(void) { abort(); }", "abort"),
    "deadlock-two-locks": (
        "pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&a); pthread_mutex_lock(&b); pthread_mutex_unlock(&b); pthread_mutex_unlock(&a); return 0; }"
        "THREAD(g) { UNUSED; pthread_mutex_lock(&b); pthread_mutex_lock(&a); pthread_mutex_unlock(&a); pthread_mutex_unlock(&b); return 0; }"
        "int main(void) { go(f,0); go(g,0); done(); }",
        "deadlock",
    ),
    "self-deadlock": (
        "int main(void) { pthread_mutex_t m; pthread_mutex_init(&m, 0); pthread_mutex_lock(&m); pthread_mutex_lock(&m); }",
        "deadlock",
    ),
    "lost-wake-up": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER; atomic_int ready;"
        "THREAD(f) { UNUSED; ready = 1; pthread_cond_signal(&c); return 0; }"
        "int main(void) { go(f,0); pthread_mutex_lock(&m); while (!ready) pthread_cond_wait(&c, &m); pthread_mutex_unlock(&m); done(); }",
        "deadlock",
    ),
    "signal-where-broadcast-is-needed": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER; int ready;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); while (!ready) pthread_cond_wait(&c, &m); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { go(f,0); go(f,0); pthread_mutex_lock(&m); ready = 1; pthread_cond_signal(&c); pthread_mutex_unlock(&m); done(); }",
        "deadlock",
    ),
    "spin-forever": (
        "atomic_int x; int main(void) { while (!atomic_load(&x)) ; }",
        "livelock",
    ),
    "spin-on-a-lost-lock": (
        "atomic_int l; THREAD(f) { UNUSED; int e; do { e = 0; } while (!atomic_compare_exchange_strong(&l, &e, 1)); return 0; }"
        "int main(void) { go(f,0); go(f,0); done(); }",
        "livelock",
    ),
    "loop-without-end": (
        "int main(void) { volatile int x = 1; for (;;) x++; }",
        "endless loop",
    ),
    "loop-without-an-access": ("int main(void) { for (;;) ; }", "endless loop"),
    "unlock-of-what-is-not-held": (
        "int main(void) { pthread_mutex_t m; pthread_mutex_init(&m, 0); pthread_mutex_unlock(&m); }",
        "misuse",
    ),
    "mutex-used-after-free": (
        "int main(void) { pthread_mutex_t *m = malloc(sizeof *m); pthread_mutex_init(m, 0); free(m); pthread_mutex_lock(m); }",
        "use after free",
    ),
    "barrier-short-of-one": (
        "pthread_barrier_t b; THREAD(f) { UNUSED; pthread_barrier_wait(&b); return 0; }"
        "int main(void) { pthread_barrier_init(&b, 0, 3); go(f,0); go(f,0); done(); }",
        "deadlock",
    ),
    "semaphore-nobody-posts": (
        "int main(void) { sem_t s; sem_init(&s, 0, 0); sem_wait(&s); }",
        "deadlock",
    ),
    "timed-wait-may-time-out": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_cond_signal(&c); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; pthread_mutex_lock(&m); go(f,0); int r = pthread_cond_timedwait(&c, &m, &t);"
        " pthread_mutex_unlock(&m); done(); assert(r == 0); }",
        "assertion",
    ),
    "timed-wait-may-be-woken": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_cond_t c = PTHREAD_COND_INITIALIZER;"
        "THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_cond_signal(&c); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; pthread_mutex_lock(&m); go(f,0); int r = pthread_cond_timedwait(&c, &m, &t);"
        " pthread_mutex_unlock(&m); done(); assert(r == ETIMEDOUT); }",
        "assertion",
    ),
    "timed-lock-may-time-out": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; go(f,0); int r = pthread_mutex_timedlock(&m, &t);"
        " if (!r) pthread_mutex_unlock(&m); done(); assert(r == 0); }",
        "assertion",
    ),
    "timed-lock-may-succeed": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; THREAD(f) { UNUSED; pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return 0; }"
        "int main(void) { struct timespec t = {0, 0}; go(f,0); int r = pthread_mutex_timedlock(&m, &t);"
        " if (!r) pthread_mutex_unlock(&m); done(); assert(r == ETIMEDOUT); }",
        "assertion",
    ),
    "dekker-without-order": (
        "atomic_int a, b, in; THREAD(f) { UNUSED; atomic_store_explicit(&a, 1, memory_order_release);"
        " if (!atomic_load_explicit(&b, memory_order_acquire)) assert(!atomic_fetch_add(&in, 1)); return 0; }"
        "THREAD(g) { UNUSED; atomic_store_explicit(&b, 1, memory_order_release);"
        " if (!atomic_load_explicit(&a, memory_order_acquire)) assert(!atomic_fetch_add(&in, 1)); return 0; }"
        "int main(void) { go(f,0); go(g,0); done(); }",
        "assertion",
    ),
}

#: What the explorer refuses, with the word that the message must contain.
REFUSED = {
    "fork": ("int main(void) { return fork(); }", "fork"),
    "file": ("int main(void) { FILE *f = tmpfile(); return f != 0; }", "tmpfile"),
    "signal": (
        "#include <signal.h>\nint main(void) { signal(SIGINT, (void (*)(int))main); }",
        "signal",
    ),
    "dup-onto": ("int main(void) { int p[2]; pipe(p); return dup2(p[0], 9); }", "dup2"),
    "dup-of-output": ("int main(void) { return dup(1); }", "standard stream"),
    "folder": (
        '#include <dirent.h>\nint main(void) { return opendir("/") == 0; }',
        "opendir",
    ),
    "stream-in-memory": (
        "int main(void) { char b[9]; FILE *f = fmemopen(b, 9, (char[]){'w', 0}); return f == 0; }",
        "fmemopen",
    ),
    "growing-stream": (
        "int main(void) { char *b; size_t n; return open_memstream(&b, &n) == 0; }",
        "open_memstream",
    ),
    "write-to-a-descriptor": (
        'int main(void) { return (int)write(7, "x", 1); }',
        "descriptor 7",
    ),
    "cancel": (
        "THREAD(f) { UNUSED; return 0; } int main(void) { go(f,0); pthread_cancel(t_[0]); done(); }",
        "pthread_cancel",
    ),
}
