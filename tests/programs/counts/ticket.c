/* SPDX-License-Identifier: MIT */
/* ticket: the same under a ticket lock. */
#include "sized.h"

static atomic_int next_number, serving;
static int counter;

static void *add_one(void *number) {
    (void)number;
    const int mine = atomic_fetch_add_explicit(&next_number, 1, memory_order_relaxed);
    while (atomic_load_explicit(&serving, memory_order_acquire) != mine)
        ;
    counter++;
    atomic_store_explicit(&serving, mine + 1, memory_order_release);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(counter == N);
    return 0;
}
