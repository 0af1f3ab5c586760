/* SPDX-License-Identifier: MIT */
/*
 * stack_tagged: the top is a pointer and a 64-bit tag in one exchange; nodes from a pool.
 *
 * Why       The classic cure for ABA. Each pop adds one to the tag, so a top that was
 *           popped and pushed again is not equal to the one that was looked at. Only pops
 *           need to: a push upon a top that came back is right whatever happened between.
 * Orders    PUSH (release, push) pairs with LOOK (acquire, pop): a node is filled before
 *           it is seen. TAKE (relaxed, pop): who takes a node has looked at it. GUESS and
 *           NEXT (relaxed) have no partner: the exchange confirms what was guessed.
 * Memory    The tag wraps after 2^64 pops, which no thread sleeps through.
 */
#include "pool.h"
#include "stack.h"
#include "wide.h"

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

struct stack {
    _Alignas(16) wide top; /* struct tagged */
    struct pool pool;
};

struct stack_thread {
    struct cache cache;
};

void stack_init(struct stack *stack) {
    stack->top = wide_from((struct tagged){NULL, 0});
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
    struct tagged top;
    do {
        top = wide_load(&stack->top, STACK_GUESS);
        atomic_store_explicit(&node->next, top.pointer, STACK_NEXT);
    } while (
        !wide_exchange(&stack->top, top, (struct tagged){node, top.tag}, STACK_PUSH));
    return true;
}

bool stack_pop(struct stack *stack, struct stack_thread *self, int *value) {
    struct tagged top, next;
    struct node *node;
    do {
        top = wide_load(&stack->top, STACK_LOOK);
        node = top.pointer;
        if (node == NULL)
            return false;
        next.pointer = atomic_load_explicit(&node->next, STACK_NEXT);
        next.tag = top.tag + 1;
    } while (!wide_exchange(&stack->top, top, next, STACK_TAKE));
    *value = node->value;
    cache_put(&self->cache, node);
    return true;
}

bool stack_is_valid(struct stack *stack) {
    unsigned nodes = 0;
    struct node *node = wide_load(&stack->top, memory_order_seq_cst).pointer;
    for (; node != NULL; node = atomic_load(&node->next))
        if (++nodes > POOL_NODES)
            return false;
    return true;
}
