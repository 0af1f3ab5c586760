/* SPDX-License-Identifier: MIT */
/*
 * reader_writer_lock: readers count up from 0, a writer takes the count from 0 to -1.
 *
 * Orders    READER_OUT (release) pairs with WRITER_IN (acquire): reads end before the next write.
 *           WRITER_OUT (release) pairs with READER_IN (acquire): writes are seen by later readers.
 */
#include "start.h"

#ifndef READER_IN
#define READER_IN memory_order_acquire
#endif
#ifndef READER_OUT
#define READER_OUT memory_order_release
#endif
#ifndef WRITER_IN
#define WRITER_IN memory_order_acquire
#endif
#ifndef WRITER_OUT
#define WRITER_OUT memory_order_release
#endif

static atomic_int count;
static int left, right;

static void *read_both(void *number) {
    int seen = atomic_load_explicit(&count, memory_order_relaxed);
    if (seen < 0 || !atomic_compare_exchange_strong_explicit(&count, &seen, seen + 1, READER_IN,
                                                             memory_order_relaxed))
        return number; /* busy: this reader gives up */
    assert(left == right);
    atomic_fetch_sub_explicit(&count, 1, READER_OUT);
    return number;
}

static void *write_both(void *number) {
    int expected;
    do
        expected = 0;
    while (!atomic_compare_exchange_weak_explicit(&count, &expected, -1, WRITER_IN,
                                                  memory_order_relaxed));
    left++;
    right++;
    atomic_store_explicit(&count, 0, WRITER_OUT);
    return number;
}

int main(void) {
    thread_function *const functions[] = {read_both, write_both, read_both};
    run_threads(3, functions);
    assert(left == 1 && right == 1);
    return 0;
}
