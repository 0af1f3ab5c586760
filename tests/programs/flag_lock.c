/* SPDX-License-Identifier: MIT */
/*
 * flag_lock: the smallest lock there is, an atomic_flag.
 *
 * Orders    CLEAR (release) pairs with SET (acquire).
 */
#include "start.h"

#ifndef SET
#define SET memory_order_acquire
#endif
#ifndef CLEAR
#define CLEAR memory_order_release
#endif

static atomic_flag flag = ATOMIC_FLAG_INIT;
static int pair[2];

static void *write_both(void *number) {
    while (atomic_flag_test_and_set_explicit(&flag, SET))
        ;
    assert(pair[0] == pair[1]);
    pair[0] = number_of(number) + 1;
    pair[1] = number_of(number) + 1;
    atomic_flag_clear_explicit(&flag, CLEAR);
    return number;
}

int main(void) {
    run_same(2, write_both);
    assert(pair[0] == pair[1]);
    return 0;
}
