/* SPDX-License-Identifier: MIT */
/*
 * peterson: mutual exclusion of two threads with loads and stores alone (Peterson, 1981).
 *
 * Orders    RAISE and LOOK (seq_cst): of two that raise their flags, one sees the other's. GIVE: as RAISE.
 */
#include "start.h"

#ifndef RAISE
#define RAISE memory_order_seq_cst
#endif
#ifndef GIVE
#define GIVE memory_order_seq_cst
#endif
#ifndef LOOK
#define LOOK memory_order_seq_cst
#endif

static atomic_int wants[2], turn;
static int counter;

static void *add_one(void *number) {
    const int me = number_of(number), other = 1 - me;
    atomic_store_explicit(&wants[me], 1, RAISE);
    atomic_store_explicit(&turn, other, GIVE);
    while (atomic_load_explicit(&wants[other], LOOK) &&
           atomic_load_explicit(&turn, LOOK) == other)
        ;
    counter++;
    atomic_store_explicit(&wants[me], 0, memory_order_release);
    return number;
}

int main(void) {
    run_same(2, add_one);
    assert(counter == 2);
    return 0;
}
