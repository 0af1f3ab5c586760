/* SPDX-License-Identifier: MIT */
/*
 * fiber: several stacks in one OS thread, and the switch between them.
 *
 * Why       The search decides which thread goes on, at every access; a switch between OS threads
 *           costs a thousand times as much.
 * How       Hand-written for x86-64 and AArch64 (only what the ABI calls callee-saved), ucontext
 *           elsewhere or with -DEXPLORE_UCONTEXT.
 * Rules     A fiber's entry never returns. An abandoned fiber needs no clean-up: preparing it again
 *           is enough.
 */
#ifndef EXPLORE_FIBER_H
#define EXPLORE_FIBER_H

#include <stddef.h>

#if !defined(EXPLORE_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define EXPLORE_UCONTEXT 1
#endif

#ifdef EXPLORE_UCONTEXT
#include <ucontext.h>
#endif

struct fiber {
    void *stack_pointer; /* while it is not running */
    const void *stack_bottom;
    size_t stack_bytes;
    void *fake_stack; /* AddressSanitizer's, in sanitized builds of the engine */
#ifdef EXPLORE_UCONTEXT
    ucontext_t context;
    void (*entry)(void *argument);
    void *argument;
#endif
};

/* `bottom` is the lowest address; entry(argument) runs at the first switch to the fiber. */
void fiber_prepare(struct fiber *fiber, void *bottom, size_t bytes,
                   void (*entry)(void *argument), void *argument);

/* Part of a suspended fiber's stack is to be read or written as plain bytes. In sanitized builds the
   gaps between variables lose their guards by that. */
void fiber_as_bytes(void *low, size_t bytes);

/* Keeps the caller in `from` and goes on with `to`; returns when something switches back. */
void fiber_switch(struct fiber *from, struct fiber *to);

/*
 * In a signal handler with the handler's own context: when the handler returns, `to` goes on and
 * what was interrupted is lost. `to` must be suspended in fiber_switch.
 */
void fiber_land(struct fiber *to, void *signal_context);

#endif
