// SPDX-License-Identifier: MIT
#include <ck_spinlock.h>
#include <pthread.h>
#define NAME_(kind, what) ck_spinlock_##kind##_##what
#define NAME(kind, what) NAME_(kind, what)
static NAME(KIND, t) lock;
static int count;
static void *work(void *p) {
#ifndef NO_LOCK
    NAME(KIND, lock)(&lock);
#endif
    int seen = count;
#ifdef EARLY
    NAME(KIND, unlock)(&lock), count = seen + 1;
#else
    count = seen + 1, NAME(KIND, unlock)(&lock);
#endif
    return p;
}
int main(void) {
    pthread_t a;
    NAME(KIND, init)(&lock);
    pthread_create(&a, 0, work, 0), work(&a), pthread_join(a, 0);
    return count != 2;
}
