/* SPDX-License-Identifier: MIT */
/*
 * tickets: a queue whose ends are counters; who has put something in finds something.
 *
 * Orders    LOOK and AGAIN (acquire), TAKE (acq_rel): whoever sees a ticket taken has seen what
 *           the taker had seen, so the end of the queue is never older than its beginning.
 */
#include "start.h"

#define LOOK memory_order_acquire
#define TAKE memory_order_acq_rel
#define AGAIN memory_order_acquire

static atomic_uint head, tail;
static atomic_int slots[4];

static void put(int value) {
    const unsigned ticket = atomic_fetch_add_explicit(&tail, 1, memory_order_relaxed);
    atomic_store_explicit(&slots[ticket], value, memory_order_release);
}

static int get(void) {
    unsigned ticket = atomic_load_explicit(&head, LOOK);
    do {
        if (atomic_load_explicit(&tail, memory_order_relaxed) == ticket)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(&head, &ticket, ticket + 1, TAKE, AGAIN));
    int value;
    while ((value = atomic_load_explicit(&slots[ticket], memory_order_acquire)) == 0)
        continue;
    return value;
}

static void *guest(void *number) {
    put(number_of(number) + 1);
    assert(get() != 0);
    return number;
}

int main(void) {
    run_same(2, guest);
    return 0;
}
