/* back_off: A lock that is tried with growing pauses, with and without a limit. FLAW: it is given back without release. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
static atomic_bool busy;
static int n;
static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static void spin_for(uint64_t ns) {
    uint64_t end = now() + ns;
    while (now() < end)
        ;
}
static bool lock_for(uint64_t limit) {
    uint64_t end = now() + limit, pause = 64;
    while (atomic_exchange_explicit(&busy, true, memory_order_acquire)) {
        if (now() > end)
            return false;
        spin_for(pause);
        if (pause < 1024)
            pause *= 2;
    }
    return true;
}
static void *th(void *a) {
    if (lock_for(1000000)) {
        n++;
#ifdef FLAW
        atomic_store_explicit(&busy, false, memory_order_relaxed);
#else
        atomic_store_explicit(&busy, false, memory_order_release);
#endif
    }
    return a;
}
static void lock(void) {
    uint64_t pause = 64;
    while (atomic_exchange_explicit(&busy, true, memory_order_acquire)) {
        spin_for(pause);
        if (pause < 1024)
            pause *= 2;
    }
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    lock();
    n++;
    atomic_store_explicit(&busy, false, memory_order_release);
    pthread_join(t, 0);
    return n < 1 || n > 2;
}
