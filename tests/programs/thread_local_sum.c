/* SPDX-License-Identifier: MIT */
/*
 * thread_local_sum: each thread sums on its own and adds once.
 *
 * Bug       -DSHARED: the partial sum is not thread-local.
 */
#include "start.h"

#ifdef SHARED
static int partial;
#else
static _Thread_local int partial;
#endif
static atomic_int total;

static void *sum(void *number) {
    for (int i = 1; i <= 3; i++)
        partial += i;
    atomic_fetch_add_explicit(&total, partial, memory_order_relaxed);
    return number;
}

int main(void) {
    run_same(2, sum);
    assert(atomic_load(&total) == 12);
    return 0;
}
