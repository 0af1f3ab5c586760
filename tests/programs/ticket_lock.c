/* SPDX-License-Identifier: MIT */
/*
 * ticket_lock: draw a number, wait until it is served.
 *
 * Orders    SERVE (release) pairs with WAIT (acquire). Drawing needs no order.
 * Bug       -DDRAW_IN_TWO_STEPS loads and stores the next number: two threads draw the same.
 */
#include "start.h"

#ifndef N /* threads */
#define N 3
#endif
#ifndef SERVE
#define SERVE memory_order_release
#endif
#ifndef WAIT
#define WAIT memory_order_acquire
#endif

static atomic_int next_number, serving;
static int counter;

static int draw(void) {
#ifdef DRAW_IN_TWO_STEPS
    int number = atomic_load_explicit(&next_number, memory_order_relaxed);
    atomic_store_explicit(&next_number, number + 1, memory_order_relaxed);
    return number;
#else
    return atomic_fetch_add_explicit(&next_number, 1, memory_order_relaxed);
#endif
}

static void *add_one(void *number) {
    const int mine = draw();
    while (atomic_load_explicit(&serving, WAIT) != mine)
        ;
    counter++;
    atomic_store_explicit(&serving, mine + 1, SERVE);
    return number;
}

int main(void) {
    run_same(N, add_one);
    assert(counter == N);
    return 0;
}
