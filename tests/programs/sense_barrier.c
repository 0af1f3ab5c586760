/* SPDX-License-Identifier: MIT */
/*
 * sense_barrier: the last to arrive turns the sense, the others wait for it.
 *
 * Orders    ARRIVE (acq_rel): the last one has seen what all did before.
 *           TURN (release) pairs with WAIT (acquire): the others see it too.
 */
#include "start.h"

#ifndef ARRIVE
#define ARRIVE memory_order_acq_rel
#endif
#ifndef TURN
#define TURN memory_order_release
#endif
#ifndef WAIT
#define WAIT memory_order_acquire
#endif

enum { THREADS = 2, ROUNDS = 2 };

static atomic_int missing = THREADS, sense;
static int cells[ROUNDS][THREADS];

static void wait_for_all(int next_sense) {
    if (atomic_fetch_sub_explicit(&missing, 1, ARRIVE) == 1) {
        atomic_store_explicit(&missing, THREADS, memory_order_relaxed);
        atomic_store_explicit(&sense, next_sense, TURN);
    }
    while (atomic_load_explicit(&sense, WAIT) != next_sense)
        ;
}

static void *work(void *number) {
    const int me = number_of(number);
    for (int round = 0; round < ROUNDS; round++) {
        cells[round][me] = 1;
        wait_for_all(round + 1);
        assert(cells[round][1 - me] == 1);
    }
    return number;
}

int main(void) {
    run_same(THREADS, work);
    return 0;
}
