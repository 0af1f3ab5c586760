/* SPDX-License-Identifier: MIT */
/*
 * michael_scott_queue: two ends, a dummy node, helping with the tail (Michael and Scott, 1996).
 *
 * Orders    LINK (release) pairs with FOLLOW (acquire): who reaches a node sees its value.
 * Bug       -DNO_HELP leaves a lagging tail alone: the next enqueue waits for ever.
 */
#include "start.h"

#ifndef LINK
#define LINK memory_order_release
#endif
#ifndef FOLLOW
#define FOLLOW memory_order_acquire
#endif

struct node {
    int value;
    struct node *_Atomic next;
};

static struct node nodes[3];
static struct node *_Atomic head = &nodes[2], *_Atomic tail = &nodes[2];

static void enqueue(struct node *node) {
    for (;;) {
        struct node *last = atomic_load_explicit(&tail, memory_order_acquire);
        struct node *next = atomic_load_explicit(&last->next, FOLLOW);
        if (next != NULL) {
#ifndef NO_HELP
            atomic_compare_exchange_strong_explicit(&tail, &last, next, memory_order_release,
                                                    memory_order_relaxed);
#endif
            continue;
        }
        if (atomic_compare_exchange_strong_explicit(&last->next, &next, node, LINK,
                                                    memory_order_relaxed)) {
#ifndef NO_HELP
            atomic_compare_exchange_strong_explicit(&tail, &last, node, memory_order_release,
                                                    memory_order_relaxed);
#endif
            return;
        }
    }
}

static int dequeue(void) {
    for (;;) {
        struct node *first = atomic_load_explicit(&head, memory_order_acquire);
        struct node *next = atomic_load_explicit(&first->next, FOLLOW);
        if (next == NULL)
            return 0;
        const int value = next->value;
        if (atomic_compare_exchange_strong_explicit(&head, &first, next, memory_order_acq_rel,
                                                    memory_order_relaxed))
            return value;
    }
}

static void *enqueue_one(void *number) {
    struct node *mine = &nodes[number_of(number)];
    mine->value = number_of(number) + 1;
    enqueue(mine);
    return number;
}

static void *dequeue_one(void *number) {
    const int value = dequeue();
    assert(value >= 0 && value <= 2);
    return number;
}

int main(void) {
    thread_function *const functions[] = {enqueue_one, enqueue_one, dequeue_one};
    run_threads(3, functions);
    return 0;
}
