/* SPDX-License-Identifier: MIT */
/*
 * held_locks: which locks the running thread holds.
 *
 * Why       Who holds a lock is known to the holder alone, from its own history: that decides about
 *           recursion, errors and misuse, whatever other threads do meanwhile.
 */
#include "calls/held_locks.h"

#include "failure.h"
#include "program/runtime.h"

struct held_lock *held_lock_find(const void *lock) {
    struct fiber_thread *thread = runtime_thread();

    for (uint32_t i = thread->held_count; i-- > 0;)
        if (thread->held[i].lock == (uintptr_t)lock)
            return &thread->held[i];
    return NULL;
}

void held_lock_note(const void *lock, bool is_shared, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();

    if (thread->held_count == RUNTIME_HELD)
        runtime_fail(FAILURE_UNSUPPORTED, site, "one thread holds more than %d locks",
                     RUNTIME_HELD);
    thread->held[thread->held_count++] =
        (struct held_lock){.lock = (uintptr_t)lock, .depth = 1, .is_shared = is_shared};
}

void held_lock_forget(struct held_lock *held) {
    struct fiber_thread *thread = runtime_thread();
    *held = thread->held[--thread->held_count];
}
