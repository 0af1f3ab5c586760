/* SPDX-License-Identifier: MIT */
/* held_locks: which locks the running thread holds, how often, and whether with others. */
#ifndef EXPLORE_HELD_LOCKS_H
#define EXPLORE_HELD_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "program/state.h"

/* NULL if the running thread does not hold it. Valid until it takes or releases a lock. */
struct held_lock *held_lock_find(const void *lock);
void held_lock_note(const void *lock, bool is_shared, uint32_t site);
void held_lock_forget(struct held_lock *held);

#endif
