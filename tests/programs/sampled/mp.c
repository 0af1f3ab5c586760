/* SPDX-License-Identifier: MIT */
/* mp: message passing with release and acquire, or relaxed with -DRELAXED. Shows: old data. */
#include "../start.h"

#ifdef RELAXED
#define RAISE memory_order_relaxed
#define LOOK memory_order_relaxed
#else
#define RAISE memory_order_release
#define LOOK memory_order_acquire
#endif

static atomic_int data, flag;

static void *send(void *number) {
    atomic_store_explicit(&data, 1, memory_order_relaxed);
    atomic_store_explicit(&flag, 1, RAISE);
    return number;
}

static void *receive(void *number) {
    if (atomic_load_explicit(&flag, LOOK))
        assert(atomic_load_explicit(&data, memory_order_relaxed) == 1);
    return number;
}

int main(void) {
    thread_function *const functions[] = {send, receive};
    run_threads(2, functions);
    return 0;
}
