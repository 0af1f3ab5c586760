/* SPDX-License-Identifier: MIT */
/*
 * seqlock: readers check a sequence number before and after; they never write (Boehm, MSPC 2012).
 *
 * Orders    BEGIN_FENCE (release) keeps the odd number before the data; the reader's END_FENCE
 *           (acquire) keeps the data before the second look. END (release) pairs with LOOK (acquire).
 */
#include "start.h"

#ifndef BEGIN_FENCE
#define BEGIN_FENCE memory_order_release
#endif
#ifndef END
#define END memory_order_release
#endif
#ifndef LOOK
#define LOOK memory_order_acquire
#endif
#ifndef END_FENCE
#define END_FENCE memory_order_acquire
#endif

static atomic_uint sequence;
static atomic_int left, right;

static void *write_both(void *number) {
    for (int value = 1; value <= 2; value++) {
        const unsigned now = atomic_load_explicit(&sequence, memory_order_relaxed);
        atomic_store_explicit(&sequence, now + 1, memory_order_relaxed);
        atomic_thread_fence(BEGIN_FENCE);
        atomic_store_explicit(&left, value, memory_order_relaxed);
        atomic_store_explicit(&right, value, memory_order_relaxed);
        atomic_store_explicit(&sequence, now + 2, END);
    }
    return number;
}

static void *read_both(void *number) {
    const unsigned before = atomic_load_explicit(&sequence, LOOK);
    if (before % 2 != 0)
        return number;
    const int a = atomic_load_explicit(&left, memory_order_relaxed);
    const int b = atomic_load_explicit(&right, memory_order_relaxed);
    atomic_thread_fence(END_FENCE);
    if (atomic_load_explicit(&sequence, memory_order_relaxed) == before)
        assert(a == b);
    return number;
}

int main(void) {
    thread_function *const functions[] = {write_both, read_both};
    run_threads(2, functions);
    return 0;
}
