/* SPDX-License-Identifier: MIT */
/*
 * lock_order: two accounts, two locks, transfers both ways; locks are taken in one order.
 *
 * Bug       -DOWN_FIRST: each takes the lock of its own account first.
 */
#include "start.h"

static pthread_mutex_t mutexes[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static int accounts[2] = {10, 10};

static void *transfer(void *number) {
    const int from = number_of(number), to = 1 - from;
#ifdef OWN_FIRST
    const int first = from;
#else
    const int first = 0;
#endif
    pthread_mutex_lock(&mutexes[first]);
    pthread_mutex_lock(&mutexes[1 - first]);
    accounts[from] -= 1;
    accounts[to] += 1;
    pthread_mutex_unlock(&mutexes[1 - first]);
    pthread_mutex_unlock(&mutexes[first]);
    return number;
}

int main(void) {
    run_same(2, transfer);
    assert(accounts[0] == 10 && accounts[1] == 10);
    return 0;
}
