/* SPDX-License-Identifier: MIT */
/*
 * stack_hazard: nodes from malloc, and hazard pointers that say what must not be freed.
 *
 * Why       Gives memory back, needs no 16-byte exchange, and rests on one subtle pair:
 *           announce, then look again; unlink, then look for announcements. One of the
 *           two must see the other, which is store buffering, and needs a full fence on
 *           either side.
 * Source    Michael, Hazard Pointers, IEEE TPDS 15(6), 2004.
 * Flawed    STACK_RECHECK=0: what is announced may be freed already.
 *           STACK_PROTECT_FENCE=memory_order_relaxed: the second look may come before the
 *           announcement is seen. x86 does that, too.
 *           STACK_PUSH=memory_order_relaxed: a node may be seen before it is filled; on
 *           x86 never.
 * Orders    PUSH (release, push) pairs with LOOK (acquire, pop): a node is filled before
 *           it is seen. PROTECT_FENCE (seq_cst) pairs with SCAN_FENCE (seq_cst): as above.
 *           ANNOUNCE and CLEAR (release) pair with COLLECT (acquire, scan): read before
 *           freed; ANNOUNCE, too, for it takes the place of what was announced before.
 *           TAKE (relaxed, pop): who takes a node has looked at it. GUESS (relaxed).
 * Memory    A thread keeps up to STACK_RETIRED popped nodes before it looks which of them
 *           it may free.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "stack.h"

#ifndef STACK_THREADS
#define STACK_THREADS 10u
#endif
#ifndef STACK_RETIRED
#define STACK_RETIRED 0u
#endif
#ifndef STACK_RECHECK
#define STACK_RECHECK 1
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
#ifndef STACK_ANNOUNCE
#define STACK_ANNOUNCE memory_order_release
#endif
#ifndef STACK_CLEAR
#define STACK_CLEAR memory_order_release
#endif
#ifndef STACK_COLLECT
#define STACK_COLLECT memory_order_acquire
#endif
#ifndef STACK_PROTECT_FENCE
#define STACK_PROTECT_FENCE memory_order_seq_cst
#endif
#ifndef STACK_SCAN_FENCE
#define STACK_SCAN_FENCE memory_order_seq_cst
#endif

struct node {
    struct node *next;
    struct node *retired_before; /* once popped; `next` is still being read by others */
    int value;
};

struct stack {
    _Atomic(struct node *) top;
    unsigned
        threads; /* hazards[0..threads) are in use; changes only between operations */
    _Atomic(struct node *) hazards[STACK_THREADS];
};

struct stack_thread {
    _Atomic(struct node *) *hazard; /* one of the stack's, written by this thread alone */
    struct node *retired;           /* popped by this thread and not yet freed */
    unsigned retired_count;
};

void stack_init(struct stack *stack) {
    atomic_init(&stack->top, NULL);
    stack->threads = 0;
}

static void free_all(struct node *node, bool retired) {
    while (node != NULL) {
        struct node *next = retired ? node->retired_before : node->next;
        free(node);
        node = next;
    }
}

void stack_destroy(struct stack *stack) { free_all(atomic_load(&stack->top), false); }

void stack_thread_init(struct stack *stack, struct stack_thread *self, unsigned thread) {
    (void)thread;
    if (stack->threads == STACK_THREADS)
        abort();
    self->hazard = &stack->hazards[stack->threads++];
    atomic_init(self->hazard, NULL);
    self->retired = NULL;
    self->retired_count = 0;
}

void stack_thread_destroy(struct stack *stack, struct stack_thread *self,
                          unsigned thread) {
    (void)stack, (void)thread;
    free_all(self->retired, true);
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

/* Returns the top, which nobody frees until this thread announces another one; or NULL.
 */
static struct node *protect_top(struct stack *stack, struct stack_thread *self) {
    struct node *top;
#if STACK_RECHECK
    do {
        top = atomic_load_explicit(&stack->top, STACK_GUESS);
        atomic_store_explicit(self->hazard, top, STACK_ANNOUNCE);
        atomic_thread_fence(STACK_PROTECT_FENCE);
    } while (atomic_load_explicit(&stack->top, STACK_LOOK) != top);
#else
    top = atomic_load_explicit(&stack->top, STACK_LOOK);
    atomic_store_explicit(self->hazard, top, STACK_ANNOUNCE);
    atomic_thread_fence(STACK_PROTECT_FENCE);
#endif
    return top;
}

static bool is_announced(struct stack *stack, const struct node *node) {
    for (unsigned thread = 0; thread < stack->threads; thread++)
        if (atomic_load_explicit(&stack->hazards[thread], STACK_COLLECT) == node)
            return true;
    return false;
}

/* Frees what this thread has popped and nobody has announced. */
static void scan(struct stack *stack, struct stack_thread *self) {
    struct node *node = self->retired;
    self->retired = NULL;
    self->retired_count = 0;
    atomic_thread_fence(STACK_SCAN_FENCE);
    while (node != NULL) {
        struct node *before = node->retired_before;
        if (is_announced(stack, node)) {
            node->retired_before = self->retired;
            self->retired = node;
            self->retired_count++;
        } else {
            free(node);
        }
        node = before;
    }
}

bool stack_pop(struct stack *stack, struct stack_thread *self, int *value) {
    struct node *top, *expected;
    do {
        top = protect_top(stack, self);
        if (top == NULL)
            return false;
        expected = top;
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &expected, top->next,
                                                    STACK_TAKE, STACK_GUESS));
    atomic_store_explicit(self->hazard, NULL, STACK_CLEAR);
    *value = top->value;
    top->retired_before = self->retired;
    self->retired = top;
    if (++self->retired_count > STACK_RETIRED)
        scan(stack, self);
    return true;
}

bool stack_is_valid(struct stack *stack) {
    unsigned nodes = 0;
    for (struct node *node = atomic_load(&stack->top); node != NULL; node = node->next)
        if (++nodes > STACK_MOST)
            return false;
    return true;
}
