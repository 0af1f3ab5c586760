/* event_count: A wait that costs whoever notifies nothing while nobody waits. FLAW: looks before it is counted. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
static atomic_uint epoch, waiting;
static atomic_int ready;
static void futex(int operation, unsigned value) {
    syscall(SYS_futex, &epoch, operation, value, 0, 0, 0);
}
static void *waiter(void *p) {
    while (!atomic_load(&ready)) {
        unsigned seen;
#ifdef FLAW
        seen = atomic_load(&epoch);
        int is_ready = atomic_load(&ready);
        atomic_fetch_add(&waiting, 1);
#else
        atomic_fetch_add(&waiting, 1);
        seen = atomic_load(&epoch);
        int is_ready = atomic_load(&ready);
#endif
        if (!is_ready)
            futex(FUTEX_WAIT_PRIVATE, seen);
        atomic_fetch_sub(&waiting, 1);
    }
    return p;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, waiter, 0);
    atomic_store(&ready, 1);
    if (atomic_load(&waiting)) {
        atomic_fetch_add(&epoch, 1);
        futex(FUTEX_WAKE_PRIVATE, INT_MAX);
    }
    pthread_join(t, 0);
    return 0;
}
