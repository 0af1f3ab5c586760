/* SPDX-License-Identifier: MIT */
/*
 * slots_on_heap: each worker fills its own slot of one block.
 *
 * Bugs      -DOFF_BY_ONE writes one slot further, the last worker behind the end of the block.
 *           -DFORGET_ONE leaves a slot unfilled, and the sum reads it.
 */
#include "start.h"

enum { WORKERS = 2 };

static int *slots;

static void *fill(void *number) {
    const int me = number_of(number);
#ifdef OFF_BY_ONE
    slots[me + 1] = 1;
#elif defined FORGET_ONE
    if (me != 0)
        slots[me] = 1;
#else
    slots[me] = 1;
#endif
    return number;
}

int main(void) {
    slots = malloc(WORKERS * sizeof *slots);
#ifdef OFF_BY_ONE
    slots[0] = 1;
#endif
    run_same(WORKERS, fill);
    const int sum = slots[0] + slots[1];
    free(slots);
    return sum == WORKERS ? 0 : 1;
}
