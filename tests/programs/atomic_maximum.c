/* SPDX-License-Identifier: MIT */
/*
 * atomic_maximum: keep the largest value seen, by compare-exchange.
 *
 * Bug       -DTWO_STEPS compares and then stores: a larger value may be overwritten.
 */
#include "start.h"

static atomic_int largest;

static void offer(int value) {
    int seen = atomic_load(&largest);
#ifdef TWO_STEPS
    if (seen < value)
        atomic_store(&largest, value);
#else
    while (seen < value && !atomic_compare_exchange_weak(&largest, &seen, value))
        ;
#endif
}

static void *offer_mine(void *number) {
    offer(number_of(number) + 1);
    return number;
}

int main(void) {
    run_same(3, offer_mine);
    assert(atomic_load(&largest) == 3);
    return 0;
}
