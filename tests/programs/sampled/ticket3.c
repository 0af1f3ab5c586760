/* SPDX-License-Identifier: MIT */
/* ticket3: three threads take a ticket lock. */
#include "../start.h"

static atomic_int next_number, serving;
static int counter;

static void *add_one(void *number) {
    const int mine = atomic_fetch_add_explicit(&next_number, 1, memory_order_relaxed);
    while (atomic_load_explicit(&serving, memory_order_acquire) != mine)
        ;
    counter++;
    atomic_store_explicit(&serving, mine + 1, memory_order_release);
    return number;
}

int main(void) {
    run_same(3, add_one);
    assert(counter == 3);
    return 0;
}
