/* SPDX-License-Identifier: MIT */
/*
 * stack_pool: compare-exchange on plain pointers, nodes from a pool that keeps them.
 *
 * Why       What is left when use after free is cured: A B A. Between a thread's look at
 *           the top and its exchange other threads pop that node, change the stack, and
 *           push the same node again. The top is what it was, the exchange succeeds,
 *           `next` is from before.
 * Flawed    A node in nobody's hands becomes the top (it will be popped twice), or nodes
 *           under the top are lost.
 * Orders    PUSH (release, push) pairs with LOOK (acquire, pop): a node is filled before
 *           it is seen. TAKE (relaxed, pop): who takes a node has looked at it. GUESS and
 *           NEXT (relaxed) have no partner: the exchange confirms what was guessed, or so
 *           one hopes.
 */
#include "pool.h"
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
#ifndef STACK_NEXT
#define STACK_NEXT memory_order_relaxed
#endif

struct stack {
    _Atomic(struct node *) top;
    struct pool pool;
};

struct stack_thread {
    struct cache cache;
};

void stack_init(struct stack *stack) {
    atomic_init(&stack->top, NULL);
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
    struct node *top = atomic_load_explicit(&stack->top, STACK_GUESS);
    do {
        atomic_store_explicit(&node->next, top, STACK_NEXT);
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, node, STACK_PUSH,
                                                    STACK_GUESS));
    return true;
}

bool stack_pop(struct stack *stack, struct stack_thread *self, int *value) {
    struct node *top, *next;
    do {
        top = atomic_load_explicit(&stack->top, STACK_LOOK);
        if (top == NULL)
            return false;
        next = atomic_load_explicit(&top->next, STACK_NEXT);
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, next, STACK_TAKE,
                                                    STACK_GUESS));
    *value = top->value;
    cache_put(&self->cache, top);
    return true;
}

bool stack_is_valid(struct stack *stack) {
    unsigned nodes = 0;
    for (struct node *node = atomic_load(&stack->top); node != NULL;
         node = atomic_load(&node->next))
        if (++nodes > POOL_NODES)
            return false;
    return true;
}
