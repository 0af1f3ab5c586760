/* SPDX-License-Identifier: MIT */
/*
 * stack_malloc: compare-exchange on plain pointers, nodes from malloc, freed when popped.
 *
 * Why       Treiber's stack as first written down by everybody in a language without a
 *           garbage collector. A thread that has loaded the top is about to read a node
 *           which another thread may pop and free before it does.
 * Flawed    Use after free. And if the allocator hands the same address out again before
 *           the exchange, the exchange succeeds with a `next` from the node's former
 *           life.
 * Orders    PUSH (release, push) pairs with LOOK (acquire, pop): a node is filled before
 *           it is seen. TAKE (relaxed, pop): who takes a node has looked at it. GUESS
 *           (relaxed, push).
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "stack.h"

#ifndef STACK_PUSH
#define STACK_PUSH memory_order_release
#endif
#ifndef STACK_LOOK
#define STACK_LOOK memory_order_acquire
#endif
#ifndef STACK_TAKE
#define STACK_TAKE memory_order_relaxed
#endif
#ifndef STACK_GUESS
#define STACK_GUESS memory_order_relaxed
#endif

struct node {
    struct node *next;
    int value;
};

struct stack {
    _Atomic(struct node *) top;
};

struct stack_thread {
    char none; /* C has no empty struct */
};

void stack_init(struct stack *stack) { atomic_init(&stack->top, NULL); }

void stack_destroy(struct stack *stack) {
    struct node *node = atomic_load(&stack->top);
    while (node != NULL) {
        struct node *next = node->next;
        free(node);
        node = next;
    }
}

void stack_thread_init(struct stack *stack, struct stack_thread *self, unsigned thread) {
    (void)stack, (void)self, (void)thread;
}

void stack_thread_destroy(struct stack *stack, struct stack_thread *self,
                          unsigned thread) {
    (void)stack, (void)self, (void)thread;
}

bool stack_push(struct stack *stack, struct stack_thread *self, int value) {
    (void)self;
    struct node *node = malloc(sizeof *node);
    if (node == NULL)
        return false;
    node->value = value;
    node->next = atomic_load_explicit(&stack->top, STACK_GUESS);
    while (!atomic_compare_exchange_weak_explicit(&stack->top, &node->next, node,
                                                  STACK_PUSH, STACK_GUESS)) {
    }
    return true;
}

bool stack_pop(struct stack *stack, struct stack_thread *self, int *value) {
    (void)self;
    struct node *top, *next;
    do {
        top = atomic_load_explicit(&stack->top, STACK_LOOK);
        if (top == NULL)
            return false;
        next = top->next;
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, next, STACK_TAKE,
                                                    STACK_GUESS));
    *value = top->value;
    free(top);
    return true;
}

bool stack_is_valid(struct stack *stack) {
    unsigned nodes = 0;
    for (struct node *node = atomic_load(&stack->top); node != NULL; node = node->next)
        if (++nodes > STACK_MOST)
            return false;
    return true;
}
