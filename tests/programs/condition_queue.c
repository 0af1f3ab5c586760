/* SPDX-License-Identifier: MIT */
/*
 * condition_queue: consumers wait on a condition variable until there is something.
 *
 * Bugs      -DIF_NOT_WHILE checks once: another consumer may have been faster.
 *           -DNO_SIGNAL: nobody wakes the consumers.
 */
#include "start.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int available;

static void *produce_two(void *number) {
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&mutex);
        available++;
#ifdef IF_NOT_WHILE
        pthread_cond_broadcast(&filled);
#elif !defined NO_SIGNAL
        pthread_cond_signal(&filled);
#endif
        pthread_mutex_unlock(&mutex);
    }
    return number;
}

static void *consume(void *number) {
    pthread_mutex_lock(&mutex);
#ifdef IF_NOT_WHILE
    if (available == 0)
#else
    while (available == 0)
#endif
        pthread_cond_wait(&filled, &mutex);
    available--;
    assert(available >= 0);
    pthread_mutex_unlock(&mutex);
    return number;
}

int main(void) {
    thread_function *const functions[] = {consume, produce_two, consume};
    run_threads(3, functions);
    assert(available == 0);
    return 0;
}
