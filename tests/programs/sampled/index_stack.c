/* SPDX-License-Identifier: MIT */
/*
 * index_stack: an index-based stack without tags, in five scenarios.
 *
 * -DSCENARIO  PAIRS (2pp: two threads push then pop; -DTHREADS, -DTIMES for more), THREE (one node
 *             there; push, push, pop), ABA (two nodes there; one pops, one pops twice and pushes
 *             the first back). Shows, in ABA: a node owned twice.
 */
#include "../start.h"

#define PAIRS 1
#define THREE 2
#define ABA 3
#ifndef SCENARIO
#define SCENARIO PAIRS
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef TIMES
#define TIMES 1
#endif

static atomic_uint next_of[16];
static atomic_uint top;

static void push(unsigned node) {
    unsigned seen = atomic_load_explicit(&top, memory_order_acquire);
    do
        atomic_store_explicit(&next_of[node], seen, memory_order_relaxed);
    while (!atomic_compare_exchange_strong_explicit(&top, &seen, node, memory_order_acq_rel,
                                                    memory_order_acquire));
}

static unsigned pop(void) {
    unsigned seen = atomic_load_explicit(&top, memory_order_acquire);
    while (seen != 0) {
        const unsigned next = atomic_load_explicit(&next_of[seen], memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&top, &seen, next, memory_order_acq_rel,
                                                    memory_order_acquire))
            break;
    }
    return seen;
}

#if SCENARIO == PAIRS
static void *push_and_pop(void *number) {
    for (int i = 0; i < TIMES; i++) {
        push((unsigned)(number_of(number) * TIMES + i + 1));
        (void)pop();
    }
    return number;
}

int main(void) {
    run_same(THREADS, push_and_pop);
    return 0;
}
#elif SCENARIO == THREE
static void *push_one(void *number) {
    push((unsigned)number_of(number) + 2);
    return number;
}

static void *pop_one(void *number) {
    (void)pop();
    return number;
}

int main(void) {
    push(1);
    thread_function *const functions[] = {push_one, push_one, pop_one};
    run_threads(3, functions);
    return 0;
}
#else
static atomic_int owners[16];

static void own(unsigned node) {
    if (node != 0)
        assert(atomic_fetch_add_explicit(&owners[node], 1, memory_order_relaxed) == 0);
}

static void disown(unsigned node) {
    atomic_fetch_sub_explicit(&owners[node], 1, memory_order_relaxed);
}

static void *pop_one(void *number) {
    own(pop());
    return number;
}

static void *pop_two_push_one(void *number) {
    const unsigned first = pop();
    own(first);
    own(pop());
    if (first != 0) {
        disown(first);
        push(first);
    }
    return number;
}

int main(void) {
    push(1);
    push(2);
    thread_function *const functions[] = {pop_one, pop_two_push_one};
    run_threads(2, functions);
    own(pop());
    return 0;
}
#endif
