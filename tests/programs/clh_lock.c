/* SPDX-License-Identifier: MIT */
/*
 * clh_lock: a queue in which each waiter spins on its predecessor's node (Craig; Landin, Hagersten).
 *
 * Orders    PASS (release) pairs with WAIT (acquire).
 *           JOIN (acq_rel): the waiter must see its predecessor's node as initialised.
 */
#include "start.h"

#ifndef PASS
#define PASS memory_order_release
#endif
#ifndef WAIT
#define WAIT memory_order_acquire
#endif
#ifndef JOIN
#define JOIN memory_order_acq_rel
#endif

struct node {
    atomic_int busy;
};

static struct node nodes[4];
static struct node *_Atomic tail = &nodes[3];
static int counter;

static void *add_one(void *number) {
    struct node *me = &nodes[number_of(number)];
    atomic_store_explicit(&me->busy, 1, memory_order_relaxed);
    struct node *before = atomic_exchange_explicit(&tail, me, JOIN);
    while (atomic_load_explicit(&before->busy, WAIT))
        ;
    counter++;
    atomic_store_explicit(&me->busy, 0, PASS);
    return number;
}

int main(void) {
    run_same(3, add_one);
    assert(counter == 3);
    return 0;
}
