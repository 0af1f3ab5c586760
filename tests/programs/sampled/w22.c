/* SPDX-License-Identifier: MIT */
/* w22: 2+2W, observed by main. Shows: both first stores last. */
#include "../start.h"

static atomic_int x, y;

static void *forward(void *number) {
    atomic_store_explicit(&x, 1, memory_order_relaxed);
    atomic_store_explicit(&y, 2, memory_order_relaxed);
    return number;
}

static void *backward(void *number) {
    atomic_store_explicit(&y, 1, memory_order_relaxed);
    atomic_store_explicit(&x, 2, memory_order_relaxed);
    return number;
}

int main(void) {
    thread_function *const functions[] = {forward, backward};
    run_threads(2, functions);
    assert(!(atomic_load(&x) == 1 && atomic_load(&y) == 1));
    return 0;
}
