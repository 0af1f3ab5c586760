/* SPDX-License-Identifier: MIT */
/* seqlock: one writer makes N updates, two readers try once. */
#include "sized.h"

static atomic_int sequence, left, right;

static void write_all(void) {
    for (int i = 1; i <= N; i++) {
        const int now = atomic_load_explicit(&sequence, memory_order_relaxed);
        atomic_store_explicit(&sequence, now + 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
        atomic_store_explicit(&left, i, memory_order_relaxed);
        atomic_store_explicit(&right, i, memory_order_relaxed);
        atomic_store_explicit(&sequence, now + 2, memory_order_release);
    }
}

static void read_once(void) {
    const int before = atomic_load_explicit(&sequence, memory_order_acquire);
    if (before & 1)
        return;
    const int a = atomic_load_explicit(&left, memory_order_relaxed);
    const int b = atomic_load_explicit(&right, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&sequence, memory_order_relaxed) == before)
        assert(a == b);
}

static void *write_or_read(void *number) {
    if (*(int *)number == 0)
        write_all();
    else
        read_once();
    return NULL;
}

int main(void) {
    run_threads(3, write_or_read);
    return 0;
}
