/* SPDX-License-Identifier: MIT */
/* ttas: the same under a lock that is looked at before it is taken. */
#include "sized.h"

static atomic_int locked;
static int counter;

static void *add_one(void *number) {
    (void)number;
    do
        while (atomic_load_explicit(&locked, memory_order_relaxed))
            ;
    while (atomic_exchange_explicit(&locked, 1, memory_order_acquire));
    counter++;
    atomic_store_explicit(&locked, 0, memory_order_release);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(counter == N);
    return 0;
}
