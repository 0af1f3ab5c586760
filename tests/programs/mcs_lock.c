/* SPDX-License-Identifier: MIT */
/*
 * mcs_lock: a queue of waiters, each spins on its own node (Mellor-Crummey and Scott, 1991).
 *
 * Nodes     On the threads' own stacks, as the lock is meant to be used.
 * Orders    HAND_OVER (release) pairs with WAIT (acquire): the next holder sees the last one's writes.
 *           LINK (release) pairs with the predecessor's load of next: it must see `waiting` set
 *           before it clears it, otherwise the clearing is lost and the waiter waits for ever.
 */
#include "start.h"

#ifndef N /* threads */
#define N 2
#endif
#ifndef HAND_OVER
#define HAND_OVER memory_order_release
#endif
#ifndef WAIT
#define WAIT memory_order_acquire
#endif
#ifndef LINK
#define LINK memory_order_release
#endif

struct node {
    struct node *_Atomic next;
    atomic_int waiting;
};

static struct node *_Atomic tail;
static int counter;

static void lock(struct node *me) {
    atomic_store_explicit(&me->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&me->waiting, 1, memory_order_relaxed);
    struct node *before = atomic_exchange_explicit(&tail, me, memory_order_acq_rel);
    if (before == NULL)
        return;
    atomic_store_explicit(&before->next, me, LINK);
    while (atomic_load_explicit(&me->waiting, WAIT))
        ;
}

static void unlock(struct node *me) {
    struct node *after = atomic_load_explicit(&me->next, memory_order_acquire);
    if (after == NULL) {
        struct node *expected = me;
        if (atomic_compare_exchange_strong_explicit(&tail, &expected, NULL, memory_order_release,
                                                    memory_order_relaxed))
            return;
        while ((after = atomic_load_explicit(&me->next, memory_order_acquire)) == NULL)
            ;
    }
    atomic_store_explicit(&after->waiting, 0, HAND_OVER);
}

static void *add_one(void *number) {
    struct node me;
    lock(&me);
    counter++;
    unlock(&me);
    return number;
}

int main(void) {
    run_same(N, add_one);
    assert(counter == N);
    return 0;
}
