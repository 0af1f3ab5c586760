/* SPDX-License-Identifier: MIT */
/*
 * pthread_barrier: two phases, each thread reads in the second what another wrote in the first.
 *
 * Bug       -DONE_FORGETS lets thread 0 go on without waiting, and count out of the barrier.
 */
#include "start.h"

enum { THREADS = 3 };

static pthread_barrier_t barrier;
static int cells[THREADS];

static void *work(void *number) {
    const int me = number_of(number);
    cells[me] = me + 1;
#ifdef ONE_FORGETS
    if (me != 0)
#endif
        pthread_barrier_wait(&barrier);
    assert(cells[(me + 1) % THREADS] == (me + 1) % THREADS + 1);
    return number;
}

int main(void) {
#ifdef ONE_FORGETS
    pthread_barrier_init(&barrier, NULL, THREADS - 1);
#else
    pthread_barrier_init(&barrier, NULL, THREADS);
#endif
    run_same(THREADS, work);
    pthread_barrier_destroy(&barrier);
    return 0;
}
