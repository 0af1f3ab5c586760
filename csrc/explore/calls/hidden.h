/* SPDX-License-Identifier: MIT */
/*
 * hidden: actions on locations that the program cannot see.
 *
 * Why       A lock, a semaphore or a barrier is a number and a rule for who must wait. Put into a
 *           hidden location with guarded actions, it needs nothing of its own in the search.
 * Always    A hidden location starts at 0. Those of objects whose memory may be used again (heap,
 *           stack) are set back when the object is initialised (lock_life.h).
 */
#ifndef EXPLORE_HIDDEN_H
#define EXPLORE_HIDDEN_H

#include <stdbool.h>
#include <stdint.h>

#include "program/runtime.h"

struct hidden_guard {
    enum action_guard kind;
    uint64_t value;
};

#define HIDDEN_ALWAYS ((struct hidden_guard){GUARD_NONE, 0})
#define HIDDEN_WHEN(number) ((struct hidden_guard){GUARD_EQUAL, (number)})
#define HIDDEN_UNLESS(number) ((struct hidden_guard){GUARD_NOT_EQUAL, (number)})
#define HIDDEN_IN_ROUND(number) ((struct hidden_guard){GUARD_ROUND, (number)})

/* The word that traces show for the hidden actions that follow: a string constant. */
static inline void hidden_verb(const char *verb) { the_runtime->verb = verb; }

uint64_t hidden_load(uintptr_t location, struct hidden_guard guard, uint32_t site);
void hidden_store(uintptr_t location, uint64_t value, uint32_t site);
uint64_t hidden_rmw(uintptr_t location, enum action_op op, uint64_t operand,
                    struct hidden_guard guard, uint32_t site);

/* `*value`: what is expected, afterwards what was there. */
bool hidden_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                struct hidden_guard guard, uint32_t site);

/* The same of what is no lock: who comes after is told what was done before. */
bool hidden_update(uintptr_t location, uint64_t *value, uint64_t desired, uint32_t site);

/* The same for what a loop may come back to; where NOTED_SITE has noted the program's registers that
 * is seen. */
bool hidden_await_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                      struct hidden_guard guard, uint32_t site);
uint64_t hidden_await_rmw(uintptr_t location, enum action_op op, enum action_order order,
                          uint64_t operand, struct hidden_guard guard, uint32_t site);
uint64_t hidden_poll_load(uintptr_t location, enum action_order order, uint32_t site);
bool hidden_poll_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                     uint32_t site);

/* The object is used: on the heap that is an access, so that using a freed lock is found. */
void hidden_use(const void *object, uint32_t site);

#endif
