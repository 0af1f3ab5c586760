/* SPDX-License-Identifier: MIT */
/*
 * tagged_stack: a stack over a pool of nodes that come back; a tag beside the top defeats ABA.
 *
 * Form      The top is one 64-bit word: tag in the high half, index + 1 in the low half.
 * Bug       -DNO_TAG leaves the tag at 0: a pop that slept through pop, pop, push links the stack to
 *           a node that somebody owns.
 */
#include "start.h"

enum { NODES = 2 };

static atomic_uint next_of[NODES + 1];
static _Atomic uint64_t top;
static atomic_int owner[NODES + 1];

static uint64_t word(uint64_t previous, unsigned index) {
#ifdef NO_TAG
    (void)previous;
    return index;
#else
    return ((previous >> 32) + 1) << 32 | index;
#endif
}

static void push(unsigned index) {
    uint64_t seen = atomic_load(&top);
    do
        atomic_store(&next_of[index], (unsigned)seen);
    while (!atomic_compare_exchange_strong(&top, &seen, word(seen, index)));
}

static unsigned pop(void) {
    uint64_t seen = atomic_load(&top);
    while ((unsigned)seen != 0) {
        const unsigned next = atomic_load(&next_of[(unsigned)seen]);
        if (atomic_compare_exchange_strong(&top, &seen, word(seen, next)))
            return (unsigned)seen;
    }
    return 0;
}

static void own(unsigned index) {
    if (index != 0)
        assert(atomic_fetch_add(&owner[index], 1) == 0);
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
        atomic_fetch_sub(&owner[first], 1);
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
