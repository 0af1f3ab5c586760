/* SPDX-License-Identifier: MIT */
/* iriw: two writers, two readers, release and acquire. Shows: readers disagree on the order. */
#include "../start.h"

static atomic_int x, y;
static int seen[4];

static void *write_x(void *number) {
    atomic_store_explicit(&x, 1, memory_order_release);
    return number;
}

static void *write_y(void *number) {
    atomic_store_explicit(&y, 1, memory_order_release);
    return number;
}

static void *read_xy(void *number) {
    seen[0] = atomic_load_explicit(&x, memory_order_acquire);
    seen[1] = atomic_load_explicit(&y, memory_order_acquire);
    return number;
}

static void *read_yx(void *number) {
    seen[2] = atomic_load_explicit(&y, memory_order_acquire);
    seen[3] = atomic_load_explicit(&x, memory_order_acquire);
    return number;
}

int main(void) {
    thread_function *const functions[] = {write_x, write_y, read_xy, read_yx};
    run_threads(4, functions);
#ifdef SHOW
    assert(!(seen[0] == 1 && seen[1] == 0 && seen[2] == 1 && seen[3] == 0));
#endif
    return 0;
}
