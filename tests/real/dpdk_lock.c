// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <rte_rwlock.h>
#include <rte_seqlock.h>
#include <rte_spinlock.h>
static rte_spinlock_t spin = RTE_SPINLOCK_INITIALIZER;
static rte_rwlock_t rw = RTE_RWLOCK_INITIALIZER;
static rte_seqlock_t seq = RTE_SEQLOCK_INITIALIZER;
static int count;
static void *work(void *p) {
#ifndef NO_LOCK
    LOCK;
#endif
    int seen = count;
    if (EARLY) UNLOCK;
    count = seen + 1;
    if (!EARLY) UNLOCK;
    return p ? p : (void *)((long)&spin ^ (long)&rw ^ (long)&seq);
}
int main(void) {
    pthread_t a;
    pthread_create(&a, 0, work, 0), work(0), pthread_join(a, 0);
    return count != 2;
}
