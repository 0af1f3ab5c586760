/* SPDX-License-Identifier: MIT */
/*
 * dekker: the first mutual exclusion of two threads (Dekker, as told by Dijkstra, 1965), with fences.
 *
 * Orders    FENCE (seq_cst) between raising one's flag and looking at the other's.
 *           LOWER (release) pairs with the acquiring looks.
 */
#include "start.h"

#ifndef FENCE
#define FENCE memory_order_seq_cst
#endif
#ifndef LOWER
#define LOWER memory_order_release
#endif

static atomic_int wants[2], turn;
static int counter;

static void lock(int me) {
    const int other = 1 - me;
    atomic_store_explicit(&wants[me], 1, memory_order_relaxed);
    atomic_thread_fence(FENCE);
    while (atomic_load_explicit(&wants[other], memory_order_acquire)) {
        if (atomic_load_explicit(&turn, memory_order_acquire) != me) {
            atomic_store_explicit(&wants[me], 0, memory_order_release);
            while (atomic_load_explicit(&turn, memory_order_acquire) != me)
                ;
            atomic_store_explicit(&wants[me], 1, memory_order_relaxed);
            atomic_thread_fence(FENCE);
        }
    }
}

static void *add_one(void *number) {
    const int me = number_of(number);
    lock(me);
    counter++;
    atomic_store_explicit(&turn, 1 - me, memory_order_release);
    atomic_store_explicit(&wants[me], 0, LOWER);
    return number;
}

int main(void) {
    run_same(2, add_one);
    assert(counter == 2);
    return 0;
}
