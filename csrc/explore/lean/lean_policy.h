/* SPDX-License-Identifier: MIT */
/*
 * lean_policy: who goes on in a lean run, and by which way: as the policies of sampling/ have it.
 *
 * Why       The same chances, of threads that are no graph's: what each is for is told there.
 */
#ifndef EXPLORE_LEAN_POLICY_H
#define EXPLORE_LEAN_POLICY_H

#include "lean/lean_state.h"

bool lean_policy_open(struct lean *lean);
void lean_policy_begin(struct lean *lean);
/* Of the threads that are ready, by number. */
uint32_t lean_policy_thread(struct lean *lean, const uint8_t *ready, uint32_t count);
/* An index below `count`. */
uint32_t lean_policy_way(struct lean *lean, const struct action *action, uint32_t count);
bool lean_policy_fails_weakly(struct lean *lean);

#endif
