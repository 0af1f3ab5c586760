/* SPDX-License-Identifier: MIT */
/*
 * stack_low_bits: the tag sits in the bits that a node's alignment leaves free.
 *
 * Why       Saves the 16-byte exchange, and is enough "in practice": STACK_TAG_BITS bits
 *           (1 to 4) tell a top that came back from one that stayed, until as many pops
 *           as there are tags have come between.
 * Flawed    The tag wraps: after 2^STACK_TAG_BITS pops within another thread's pop it is
 *           ABA again.
 * Orders    PUSH (release, push) pairs with LOOK (acquire, pop): a node is filled
 *           before it is seen. TAKE (relaxed, pop): who takes a node has looked at it.
 *           GUESS and NEXT (relaxed) have no partner: the exchange confirms what was
 *           guessed, mostly.
 */
#include <stdint.h>

#include "pool.h"
#include "stack.h"

#ifndef STACK_TAG_BITS
#define STACK_TAG_BITS 2
#endif
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
#ifndef STACK_NEXT
#define STACK_NEXT memory_order_relaxed
#endif

#define TAGS ((uintptr_t)1 << STACK_TAG_BITS)

_Static_assert(_Alignof(struct node) >= TAGS, "the tag fits below the address");

struct stack {
    _Atomic(uintptr_t) top; /* address of a node or 0, plus the tag */
    struct pool pool;
};

struct stack_thread {
    struct cache cache;
};

static struct node *node_of(uintptr_t top) { return (struct node *)(top & ~(TAGS - 1)); }

static uintptr_t with_tag(struct node *node, uintptr_t tag) {
    return (uintptr_t)node | (tag & (TAGS - 1));
}

void stack_init(struct stack *stack) {
    atomic_init(&stack->top, 0);
    pool_init(&stack->pool);
}

void stack_destroy(struct stack *stack) { (void)stack; }

void stack_thread_init(struct stack *stack, struct stack_thread *self, unsigned thread) {
    (void)thread;
    cache_init(&self->cache, &stack->pool);
}

void stack_thread_destroy(struct stack *stack, struct stack_thread *self,
                          unsigned thread) {
    (void)stack, (void)self, (void)thread;
}

bool stack_push(struct stack *stack, struct stack_thread *self, int value) {
    struct node *node = cache_take(&self->cache, &stack->pool);
    if (node == NULL)
        return false;
    node->value = value;
    uintptr_t top = atomic_load_explicit(&stack->top, STACK_GUESS);
    do {
        atomic_store_explicit(&node->next, node_of(top), STACK_NEXT);
    } while (!atomic_compare_exchange_weak_explicit(
        &stack->top, &top, with_tag(node, top), STACK_PUSH, STACK_GUESS));
    return true;
}

bool stack_pop(struct stack *stack, struct stack_thread *self, int *value) {
    uintptr_t top, next;
    do {
        top = atomic_load_explicit(&stack->top, STACK_LOOK);
        if (node_of(top) == NULL)
            return false;
        struct node *below = atomic_load_explicit(&node_of(top)->next, STACK_NEXT);
        next = with_tag(below, top + 1);
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, next, STACK_TAKE,
                                                    STACK_GUESS));
    *value = node_of(top)->value;
    cache_put(&self->cache, node_of(top));
    return true;
}

bool stack_is_valid(struct stack *stack) {
    unsigned nodes = 0;
    for (struct node *node = node_of(atomic_load(&stack->top)); node != NULL;
         node = atomic_load(&node->next))
        if (++nodes > POOL_NODES)
            return false;
    return true;
}
