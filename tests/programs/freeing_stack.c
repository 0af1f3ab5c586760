/* SPDX-License-Identifier: MIT */
/*
 * freeing_stack: a stack whose popped nodes are freed.
 *
 * Rule      A node may be freed once nobody can still read it. Here poppers take a lock, so
 *           that no other popper looks at the node.
 * Bug       -DNO_LOCK: one popper reads `next` of a node that the other has freed.
 */
#include "start.h"

struct node {
    int value;
    struct node *next;
};

static struct node *_Atomic top;
static pthread_mutex_t popping = PTHREAD_MUTEX_INITIALIZER;

static void push(int value) {
    struct node *node = malloc(sizeof *node);
    node->value = value;
    node->next = atomic_load(&top);
    while (!atomic_compare_exchange_weak(&top, &node->next, node))
        ;
}

static int pop(void) {
#ifndef NO_LOCK
    pthread_mutex_lock(&popping);
#endif
    struct node *seen = atomic_load(&top);
    while (seen != NULL && !atomic_compare_exchange_weak(&top, &seen, seen->next))
        ;
#ifndef NO_LOCK
    pthread_mutex_unlock(&popping);
#endif
    const int value = seen == NULL ? 0 : seen->value;
    free(seen);
    return value;
}

static void *pop_one(void *number) {
    assert(pop() > 0);
    return number;
}

int main(void) {
    push(1);
    push(2);
    run_same(2, pop_one);
    assert(top == NULL);
    (void)popping;
    return 0;
}
