/* SPDX-License-Identifier: MIT */
/*
 * message_fences: data, fence, relaxed flag; relaxed look, fence, data. All atomic, so what a
 * weak fence shows is old data, not a race.
 *
 * Orders    WRITE_FENCE (release) pairs with READ_FENCE (acquire).
 */
#include "start.h"

#ifndef WRITE_FENCE
#define WRITE_FENCE memory_order_release
#endif
#ifndef READ_FENCE
#define READ_FENCE memory_order_acquire
#endif

static atomic_int data, flag;

static void *send(void *number) {
    atomic_store_explicit(&data, 42, memory_order_relaxed);
    atomic_thread_fence(WRITE_FENCE);
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return number;
}

static void *receive(void *number) {
    if (atomic_load_explicit(&flag, memory_order_relaxed)) {
        atomic_thread_fence(READ_FENCE);
        assert(atomic_load_explicit(&data, memory_order_relaxed) == 42);
    }
    return number;
}

int main(void) {
    thread_function *const functions[] = {send, receive};
    run_threads(2, functions);
    return 0;
}
