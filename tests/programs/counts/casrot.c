/* SPDX-License-Identifier: MIT */
/* casrot: thread i changes i to i + 1. */
#include "sized.h"

static atomic_int x;

static void *turn(void *number) {
    int expected = *(int *)number;
    atomic_compare_exchange_strong_explicit(&x, &expected, *(int *)number + 1, RMW_ORDER,
                                            memory_order_relaxed);
    return NULL;
}

int main(void) {
    run_threads(N, turn);
    return 0;
}
