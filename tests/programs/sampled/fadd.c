/* SPDX-License-Identifier: MIT */
/* fadd: THREADS threads do TIMES relaxed fetch_add each. */
#include "../start.h"

#ifndef THREADS
#define THREADS 3
#endif
#ifndef TIMES
#define TIMES 3
#endif

static atomic_int x;

static void *add(void *number) {
    for (int i = 0; i < TIMES; i++)
        atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
    return number;
}

int main(void) {
    run_same(THREADS, add);
    assert(atomic_load_explicit(&x, memory_order_relaxed) == THREADS * TIMES);
    return 0;
}
