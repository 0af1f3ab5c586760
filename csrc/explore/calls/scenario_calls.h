/* SPDX-License-Identifier: MIT */
/*
 * scenario_calls: where a scenario's calls begin and end, and what they returned.
 *
 * Why       The search remembers what threads do and need not run them again; so a call's results
 *           travel as a number in its RETURN action, which stands for the same results all along.
 */
#ifndef EXPLORE_SCENARIO_CALLS_H
#define EXPLORE_SCENARIO_CALLS_H

#include <stdint.h>

/* The results that a RETURN action's operand[1] stands for; *count of them. */
const int64_t *scenario_results(uint64_t number, uint32_t *count);
/* The search is over: numbers stand for nothing any more. */
void scenario_forget(void);

#endif
