/* SPDX-License-Identifier: MIT */
/* sb: store buffering, relaxed. Shows: neither sees the other. */
#include "../start.h"

static atomic_int flags[2];
static int saw[2];

static void *raise_and_look(void *number) {
    const int me = number_of(number);
    atomic_store_explicit(&flags[me], 1, memory_order_relaxed);
    saw[me] = atomic_load_explicit(&flags[1 - me], memory_order_relaxed);
    return number;
}

int main(void) {
    run_same(2, raise_and_look);
    assert(saw[0] || saw[1]);
    return 0;
}
