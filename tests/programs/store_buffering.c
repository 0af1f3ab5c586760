/* SPDX-License-Identifier: MIT */
/*
 * store_buffering: of two threads that raise a flag and look at the other's, one sees it.
 *
 * Orders    RAISE and LOOK (seq_cst): release and acquire do not keep a
 *           store before a later load.
 */
#include "start.h"

#ifndef RAISE
#define RAISE memory_order_seq_cst
#endif
#ifndef LOOK
#define LOOK memory_order_seq_cst
#endif

static atomic_int flags[2];
static int saw[2];

static void *raise_and_look(void *number) {
    const int me = number_of(number);
    atomic_store_explicit(&flags[me], 1, RAISE);
    saw[me] = atomic_load_explicit(&flags[1 - me], LOOK);
    return number;
}

int main(void) {
    run_same(2, raise_and_look);
    assert(saw[0] || saw[1]);
    return 0;
}
