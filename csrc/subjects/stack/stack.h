/* SPDX-License-Identifier: MIT */
/*
 * stack: last in, first out, for any number of threads: Treiber's.
 *
 * Why       The smallest structure with memory to reclaim, where reading a node, swinging
 *           the top and giving the node away are three steps, and other threads fit
 *           between them.
 * Source    Treiber, Systems Programming: Coping with Parallelism, IBM RJ 5118, 1986.
 * Files     stack_malloc.c, stack_pool.c (plain pointers), stack_tagged.c (pointer and
 *           tag in 16 bytes), stack_low_bits.c (tag in the pointer's low bits),
 *           stack_hazard.c (hazard pointers); pool.h is the node pool of those that never
 *           give memory back.
 * Together            push   pop   is_valid
 *   push              yes    yes   never
 *   pop               yes    yes   never
 *           Each thread brings a `struct stack_thread` of its own. thread_init and
 *           thread_destroy are called when no operation is in progress.
 * Progress  push and pop are lock-free (malloc and free aside).
 * Always    The list under the top ends, within STACK_MOST nodes.
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>

/* No stack of ours holds more: a longer walk has met a cycle. */
#ifndef STACK_MOST
#define STACK_MOST 64u
#endif

struct stack;
struct stack_thread;

void stack_init(struct stack *stack);
void stack_destroy(struct stack *stack);
void stack_thread_init(struct stack *stack, struct stack_thread *self, unsigned thread);
void stack_thread_destroy(struct stack *stack, struct stack_thread *self,
                          unsigned thread);

/* False if there is no memory. */
bool stack_push(struct stack *stack, struct stack_thread *self, int value);

/* False if the stack is empty. */
bool stack_pop(struct stack *stack, struct stack_thread *self, int *value);

bool stack_is_valid(struct stack *stack);

#endif
