/* SPDX-License-Identifier: MIT */
/* stale: a reader sees a flag and yet a store three back. */
#include "../start.h"

static atomic_int x, flag;

static void *write_four(void *number) {
    for (int i = 1; i <= 4; i++)
        atomic_store_explicit(&x, i, memory_order_relaxed);
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return number;
}

static void *read_one(void *number) {
    if (atomic_load_explicit(&flag, memory_order_relaxed))
        assert(atomic_load_explicit(&x, memory_order_relaxed) != 1);
    return number;
}

int main(void) {
    thread_function *const functions[] = {write_four, read_one};
    run_threads(2, functions);
    return 0;
}
