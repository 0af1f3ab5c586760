/* SPDX-License-Identifier: MIT */
/* lost2: two threads load, add one, store. Shows: an update is lost. */
#include "../start.h"

static atomic_int x;

static void *add_one(void *number) {
    const int seen = atomic_load_explicit(&x, memory_order_relaxed);
    atomic_store_explicit(&x, seen + 1, memory_order_relaxed);
    return number;
}

int main(void) {
    run_same(2, add_one);
#ifdef SHOW
    assert(atomic_load_explicit(&x, memory_order_relaxed) == 2);
#endif
    return 0;
}
