/* SPDX-License-Identifier: MIT */
/*
 * thread_life: how a thread of the program begins, ends, and is forgotten.
 *
 * Why       Between executions everything of a thread is made as new: stack, thread-local block,
 *           keys, clock. Only what was written is cleaned, or most time would go into that.
 */
#ifndef EXPLORE_THREAD_LIFE_H
#define EXPLORE_THREAD_LIFE_H

#include "program/runtime.h"

/* Below the last stack pointer seen: what a library call or a small leaf function may have used; and
   how much of a stack is cleaned instead of given back to the system. */
enum { STACK_MARGIN = 1024, STACK_KEEP = 256 * 1024 };

/* The thread is there, but has not run. */
void thread_prepare(struct runtime *runtime, uint32_t id, uintptr_t routine,
                    uintptr_t argument);
/* Its stack and its thread-local block, ready for the first switch to it. */
void thread_start(struct runtime *runtime, struct thread *thread);
void thread_reset(struct thread *thread);

#endif
