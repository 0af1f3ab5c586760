/* SPDX-License-Identifier: MIT */
/*
 * threads: how a thread of the program begins, ends, and is forgotten.
 *
 * Why       Between executions everything of a thread is made as new: stack, thread-local block,
 *           keys, clock. Only what was written is cleaned, or most time would go into that.
 */
#ifndef EXPLORE_THREADS_H
#define EXPLORE_THREADS_H

#include "program/state.h"

/* The thread is there, but has not run. */
void thread_prepare(struct runtime *runtime, uint32_t id, uintptr_t routine,
                    uintptr_t argument);
/* Its stack and its thread-local block, ready for the first switch to it. */
void thread_start(struct runtime *runtime, struct fiber_thread *thread);
void thread_reset(struct fiber_thread *thread);

/* Ends the current thread: destructors of keys, then FINISH; does not return. */
__attribute__((noreturn)) void thread_finish(uintptr_t result);

/* Is there surely no other thread: none that main made is left, and nobody else makes any? Asked by
   main of its own history: others may have got less far, in this run, than they have. */
static inline bool thread_is_alone(const struct runtime *runtime) {
    const struct fiber_thread *thread = runtime->current;
    return thread->id == 0 && thread->children == thread->joined;
}

/* Starts a thread, whose pthread_t is `handle`. */
void thread_spawn(uintptr_t routine, uintptr_t argument, uintptr_t handle, uint32_t site);

#endif
