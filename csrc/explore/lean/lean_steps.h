/* SPDX-License-Identifier: MIT */
/*
 * lean_steps: what each kind of action does in a lean run.
 *
 * Eager     As in sampling/sample_ready.h: what no other thread can tell from a later step is taken at
 *           once; accesses to atomic objects wait to be chosen.
 */
#ifndef EXPLORE_LEAN_STEPS_H
#define EXPLORE_LEAN_STEPS_H

#include "lean/lean_state.h"

/* Takes the thread's action if nobody has to choose it. True: the thread goes on with its reply. Else
   its standing says why not, or the run is over. */
bool lean_step_at_once(struct lean *lean, uint32_t thread);
/* Takes the action that was chosen. False: the run is over. */
bool lean_step_chosen(struct lean *lean, uint32_t thread);
/* Is there anything that the chosen action could read? */
bool lean_step_is_ready(struct lean *lean, uint32_t thread);

#endif
