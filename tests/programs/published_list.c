/* SPDX-License-Identifier: MIT */
/*
 * published_list: writers add nodes at the front of a list that readers walk without a lock.
 *
 * Orders    PUBLISH (release) pairs with FOLLOW (acquire).
 * Bug       -DFILL_LATE publishes the node before it is filled.
 */
#include "start.h"

#ifndef PUBLISH
#define PUBLISH memory_order_release
#endif
#ifndef FOLLOW
#define FOLLOW memory_order_acquire
#endif

struct node {
    int value;
    struct node *next;
};

static struct node *_Atomic first;

static void *add(void *number) {
    struct node *node = malloc(sizeof *node);
    node->next = atomic_load_explicit(&first, memory_order_relaxed);
#ifndef FILL_LATE
    node->value = 5;
#endif
    atomic_store_explicit(&first, node, PUBLISH);
#ifdef FILL_LATE
    node->value = 5;
#endif
    return number;
}

static void *walk(void *number) {
    const struct node *node = atomic_load_explicit(&first, FOLLOW);
    for (; node != NULL; node = node->next)
        assert(node->value == 5);
    return number;
}

int main(void) {
    thread_function *const functions[] = {add, walk};
    run_threads(2, functions);
    free(atomic_load(&first));
    return 0;
}
