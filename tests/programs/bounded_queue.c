/* SPDX-License-Identifier: MIT */
/*
 * bounded_queue: many producers, many consumers, a sequence number in each slot (Vyukov, 2010).
 *
 * Orders    PUBLISH (release) pairs with OBSERVE (acquire): a slot's data with its number.
 */
#include "start.h"

#ifndef PUBLISH
#define PUBLISH memory_order_release
#endif
#ifndef OBSERVE
#define OBSERVE memory_order_acquire
#endif

enum { SLOTS = 2 };

static struct {
    atomic_uint turn;
    int value;
} slots[SLOTS];
static atomic_uint write_at, read_at;

static int try_enqueue(int value) {
    unsigned at = atomic_load_explicit(&write_at, memory_order_relaxed);
    for (;;) {
        const unsigned turn = atomic_load_explicit(&slots[at % SLOTS].turn, OBSERVE);
        if (turn < at)
            return 0;
        if (turn > at)
            at = atomic_load_explicit(&write_at, memory_order_relaxed);
        else if (atomic_compare_exchange_strong_explicit(
                     &write_at, &at, at + 1, memory_order_relaxed, memory_order_relaxed))
            break;
    }
    slots[at % SLOTS].value = value;
    atomic_store_explicit(&slots[at % SLOTS].turn, at + 1, PUBLISH);
    return 1;
}

static int try_dequeue(void) {
    unsigned at = atomic_load_explicit(&read_at, memory_order_relaxed);
    for (;;) {
        const unsigned turn = atomic_load_explicit(&slots[at % SLOTS].turn, OBSERVE);
        if (turn < at + 1)
            return 0;
        if (turn > at + 1)
            at = atomic_load_explicit(&read_at, memory_order_relaxed);
        else if (atomic_compare_exchange_strong_explicit(
                     &read_at, &at, at + 1, memory_order_relaxed, memory_order_relaxed))
            break;
    }
    const int value = slots[at % SLOTS].value;
    atomic_store_explicit(&slots[at % SLOTS].turn, at + SLOTS, PUBLISH);
    return value;
}

static void *produce(void *number) {
    assert(try_enqueue(number_of(number) + 1));
    return number;
}

static void *consume(void *number) {
    const int value = try_dequeue();
    assert(value == 0 || value == 1 || value == 2);
    return number;
}

int main(void) {
    for (unsigned i = 0; i < SLOTS; i++)
        atomic_store(&slots[i].turn, i);
    thread_function *const functions[] = {produce, produce, consume};
    run_threads(3, functions);
    return 0;
}
