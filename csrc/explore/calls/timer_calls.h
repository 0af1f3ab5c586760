/* SPDX-License-Identifier: MIT */
/* timer_calls: timers as descriptors, for whoever reads them or waits for them. */
#ifndef EXPLORE_TIMER_CALLS_H
#define EXPLORE_TIMER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "calls/hidden.h"

/* Has it run out, with a guard: once it was set? */
bool timer_look(int timer, struct hidden_guard guard, uint32_t site);

long timer_read(int timer, uint64_t *to, uint32_t site);

#endif
