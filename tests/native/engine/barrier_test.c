/* SPDX-License-Identifier: MIT */
/* barrier: nobody leaves before all have come; what was written before is seen after. */
#include "barrier.h"

#include "check.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 2000

static struct barrier barrier;
static int written[THREADS]; /* plain on purpose: the barrier must order them */
static enum stamp_clock the_clock;

static void *take_part(void *argument) {
    int self = *(int *)argument;
    for (int round = 1; round <= ROUNDS; round++) {
        written[self] = round;
        if (round % 2 == 0)
            barrier_wait(&barrier);
        else
            barrier_start(&barrier, the_clock, (uint32_t)(round % 7) * 50);
        for (int other = 0; other < THREADS; other++)
            CHECK(written[other] == round);
        barrier_wait(&barrier);
    }
    return NULL;
}

static void run_with(uint32_t spins) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    barrier_init(&barrier, THREADS, spins);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, take_part, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(void) {
    the_clock = stamp_choose();
    run_with(0);
    run_with(100);
    return 0;
}
