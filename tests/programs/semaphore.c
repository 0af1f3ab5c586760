/* SPDX-License-Identifier: MIT */
/*
 * semaphore: one slot, two semaphores, a producer and a consumer.
 *
 * Bug       -DSTARTS_FULL: the consumer is let in before anything is there.
 */
#include "start.h"

#include <semaphore.h>

static sem_t empty, full;
static int slot;

static void *produce(void *number) {
    for (int i = 1; i <= 2; i++) {
        sem_wait(&empty);
        slot = i;
        sem_post(&full);
    }
    return number;
}

static void *consume(void *number) {
    for (int i = 1; i <= 2; i++) {
        sem_wait(&full);
        assert(slot == i);
        sem_post(&empty);
    }
    return number;
}

int main(void) {
    sem_init(&empty, 0, 1);
#ifdef STARTS_FULL
    sem_init(&full, 0, 1);
#else
    sem_init(&full, 0, 0);
#endif
    thread_function *const functions[] = {produce, consume};
    run_threads(2, functions);
    return 0;
}
