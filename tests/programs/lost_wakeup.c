/* SPDX-License-Identifier: MIT */
/*
 * lost_wakeup: wait for a flag; the flag is set and signalled under the mutex.
 *
 * Bug       -DSET_OUTSIDE sets and signals without it: the signal may come between the other's look
 *           at the flag and its wait, and is lost.
 */
#include "start.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int ready;

static void *announce(void *number) {
#ifndef SET_OUTSIDE
    pthread_mutex_lock(&mutex);
#endif
    atomic_store(&ready, 1);
    pthread_cond_signal(&changed);
#ifndef SET_OUTSIDE
    pthread_mutex_unlock(&mutex);
#endif
    return number;
}

static void *await(void *number) {
    pthread_mutex_lock(&mutex);
    while (!atomic_load(&ready))
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return number;
}

int main(void) {
    thread_function *const functions[] = {await, announce};
    run_threads(2, functions);
    return 0;
}
