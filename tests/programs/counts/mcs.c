/* SPDX-License-Identifier: MIT */
/* mcs: the same under a Mellor-Crummey and Scott lock. */
#include "sized.h"

struct node {
    struct node *_Atomic next;
    atomic_int locked;
};

static struct node nodes[N];
static struct node *_Atomic tail;
static int counter;

static void lock(struct node *me) {
    atomic_store_explicit(&me->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&me->locked, 1, memory_order_relaxed);
    struct node *before = atomic_exchange_explicit(&tail, me, memory_order_acq_rel);
    if (before != NULL) {
        atomic_store_explicit(&before->next, me, memory_order_release);
        while (atomic_load_explicit(&me->locked, memory_order_acquire))
            ;
    }
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
    atomic_store_explicit(&after->locked, 0, memory_order_release);
}

static void *add_one(void *number) {
    struct node *me = &nodes[*(int *)number];
    lock(me);
    counter++;
    unlock(me);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(counter == N);
    return 0;
}
