/* SPDX-License-Identifier: MIT */
/*
 * work_stealing_deque: the owner works at the bottom, thieves steal at the top (Chase and Lev, 2005;
 * with C11 orders Le et al., PPoPP 2013).
 *
 * Orders    TAKE_FENCE and STEAL_FENCE (seq_cst): of owner and thief, one sees the other.
 *           PUBLISH (release fence) before the new bottom: a thief finds the item in its slot. A
 *           release store would not do: take() stores a larger bottom, too, and only a fence
 *           covers that one.
 */
#include "start.h"

#ifndef TAKE_FENCE
#define TAKE_FENCE memory_order_seq_cst
#endif
#ifndef STEAL_FENCE
#define STEAL_FENCE memory_order_seq_cst
#endif
#ifndef PUBLISH
#define PUBLISH memory_order_release
#endif

enum { EMPTY = -1, SLOTS = 4 };

static atomic_int top, bottom;
static int items[SLOTS];
static atomic_int taken[2];

static void push(int item) {
    const int at = atomic_load_explicit(&bottom, memory_order_relaxed);
    items[at % SLOTS] = item;
    atomic_thread_fence(PUBLISH);
    atomic_store_explicit(&bottom, at + 1, memory_order_relaxed);
}

static int take(void) {
    const int at = atomic_load_explicit(&bottom, memory_order_relaxed) - 1;
    atomic_store_explicit(&bottom, at, memory_order_relaxed);
    atomic_thread_fence(TAKE_FENCE);
    int first = atomic_load_explicit(&top, memory_order_relaxed);
    int item = EMPTY;
    if (first <= at)
        item = items[at % SLOTS];
    if (first >= at) {
        if (first == at && !atomic_compare_exchange_strong_explicit(
                               &top, &first, first + 1, memory_order_seq_cst, memory_order_relaxed))
            item = EMPTY;
        atomic_store_explicit(&bottom, at + 1, memory_order_relaxed);
    }
    return item;
}

static int steal(void) {
    int first = atomic_load_explicit(&top, memory_order_acquire);
    atomic_thread_fence(STEAL_FENCE);
    const int end = atomic_load_explicit(&bottom, memory_order_acquire);
    if (first >= end)
        return EMPTY;
    const int item = items[first % SLOTS];
    if (!atomic_compare_exchange_strong_explicit(&top, &first, first + 1, memory_order_seq_cst,
                                                 memory_order_relaxed))
        return EMPTY;
    return item;
}

static void mark(int item) {
    if (item != EMPTY)
        assert(atomic_fetch_add_explicit(&taken[item], 1, memory_order_relaxed) == 0);
}

static void *own(void *number) {
    push(0);
    push(1);
    mark(take());
    mark(take());
    return number;
}

static void *thieve(void *number) {
    mark(steal());
    mark(steal());
    return number;
}

int main(void) {
    thread_function *const functions[] = {own, thieve};
    run_threads(2, functions);
    assert(taken[0] + taken[1] == 2);
    return 0;
}
