/* SPDX-License-Identifier: MIT */
/* lean_plain: plain reads and writes: races, misuse of the heap, bytes that nobody wrote. */
#ifndef EXPLORE_LEAN_PLAIN_H
#define EXPLORE_LEAN_PLAIN_H

#include "lean/lean_state.h"

/* The thread's next action. False: the run is over. */
bool lean_plain_access(struct lean *lean, uint32_t thread, const struct action *action);

/* Is an atomic access to these bytes ordered behind the plain ones? */
bool lean_plain_before(const struct lean *lean, uint32_t thread,
                       const struct lean_cell *cell, uint8_t mask, bool writes);

/* Does this address lie on the stack, or in the storage, of a thread that may end before its user? */
bool lean_plain_is_foreign(const struct lean *lean, uint32_t thread, uintptr_t address);

#endif
