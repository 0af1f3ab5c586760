/* SPDX-License-Identifier: MIT */
/* caslock: the same under a compare-exchange lock. */
#include "sized.h"

static atomic_int locked;
static int counter;

static void *add_one(void *number) {
    (void)number;
    int expected;
    do
        expected = 0;
    while (!atomic_compare_exchange_strong_explicit(&locked, &expected, 1, memory_order_acquire,
                                                    memory_order_relaxed));
    counter++;
    atomic_store_explicit(&locked, 0, memory_order_release);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(counter == N);
    return 0;
}
