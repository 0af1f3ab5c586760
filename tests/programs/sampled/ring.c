/* SPDX-License-Identifier: MIT */
/* ring: a one-slot ring, a producer and a consumer that try twice each. */
#include "../start.h"

static atomic_int full;
static int slot;

static void *produce(void *number) {
    for (int i = 1; i <= 2; i++)
        if (!atomic_load_explicit(&full, memory_order_acquire)) {
            slot = i;
            atomic_store_explicit(&full, 1, memory_order_release);
        }
    return number;
}

static void *consume(void *number) {
    for (int i = 1; i <= 2; i++)
        if (atomic_load_explicit(&full, memory_order_acquire)) {
            assert(slot > 0);
            atomic_store_explicit(&full, 0, memory_order_release);
        }
    return number;
}

int main(void) {
    thread_function *const functions[] = {produce, consume};
    run_threads(2, functions);
    return 0;
}
