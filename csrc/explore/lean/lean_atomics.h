/* SPDX-License-Identifier: MIT */
/*
 * lean_atomics: atomic objects: what may be read, where a store may go, what follows from it.
 *
 * Floors    Nobody reads, or stores before, what is older in mo than a store that is known to them: by
 *           happens-before (they, or somebody before them, read or wrote it), or by the order of
 *           seq_cst. That order is the one of execution: of two fences the earlier one's thread has
 *           seen nothing that what comes after the later one may not see.
 * Source    Of the rules docs/memory-model.md; that psc's edges then all lead forward: an edge goes from
 *           an access, or a fence before it, to a store that is newer in mo, or a fence behind it.
 */
#ifndef EXPLORE_LEAN_ATOMICS_H
#define EXPLORE_LEAN_ATOMICS_H

#include "lean/lean_state.h"

/* The object of the thread's next action, with what is wrong in going there; NULL: the run is over. */
struct lean_place *lean_atomics_place(struct lean *lean, uint32_t thread,
                                      const struct action *action);

/* Fills `way` and `way_store` with what a read may take; returns how many. */
uint32_t lean_atomics_read_ways(struct lean *lean, uint32_t thread,
                                const struct action *action,
                                const struct lean_place *place);
/* The same with the stores that a store may come behind. */
uint32_t lean_atomics_write_ways(struct lean *lean, uint32_t thread,
                                 const struct action *action,
                                 const struct lean_place *place);

/* Would a compare-exchange that reads the store write? */
bool lean_atomics_succeeds(const struct action *action, const struct lean_store *store);

/* False: the run is over. */
bool lean_atomics_read(struct lean *lean, uint32_t thread, const struct action *action,
                       struct lean_place *place, struct lean_store *store,
                       bool fails_weakly);
bool lean_atomics_write(struct lean *lean, uint32_t thread, const struct action *action,
                        struct lean_place *place, struct lean_store *behind);
bool lean_atomics_fence(struct lean *lean, uint32_t thread, const struct action *action);

#endif
