/* SPDX-License-Identifier: MIT */
/*
 * treiber_stack: push and pop by compare-exchange on the top (Treiber, 1986); nodes are kept.
 *
 * Orders    PUSH (release) pairs with POP (acquire): a popped node is complete.
 */
#include "start.h"

#ifndef PUSH
#define PUSH memory_order_release
#endif
#ifndef POP
#define POP memory_order_acquire
#endif

struct node {
    int value;
    struct node *next;
};

static struct node nodes[2];
static struct node *_Atomic top;

static void push(struct node *node) {
    struct node *seen = atomic_load_explicit(&top, memory_order_relaxed);
    do
        node->next = seen;
    while (!atomic_compare_exchange_weak_explicit(&top, &seen, node, PUSH, memory_order_relaxed));
}

static struct node *pop(void) {
    struct node *seen = atomic_load_explicit(&top, POP);
    while (seen != NULL &&
           !atomic_compare_exchange_weak_explicit(&top, &seen, seen->next, POP, POP))
        ;
    return seen;
}

static void *push_then_pop(void *number) {
    struct node *mine = &nodes[number_of(number)];
    mine->value = number_of(number) + 1;
    push(mine);
    struct node *popped = pop();
    assert(popped != NULL && popped->value > 0);
    popped->value = 0;
    return number;
}

int main(void) {
    run_same(2, push_then_pop);
    assert(top == NULL && nodes[0].value == 0 && nodes[1].value == 0);
    return 0;
}
