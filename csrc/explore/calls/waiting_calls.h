/* SPDX-License-Identifier: MIT */
/* waiting_calls: one look at a descriptor, for whoever waits for several. */
#ifndef EXPLORE_WAITING_CALLS_H
#define EXPLORE_WAITING_CALLS_H

#include <stdint.h>

#include "calls/hidden.h"

/* What there is of what is wanted (POLLIN, POLLOUT); with a guard only once there is something to read. */
short waiting_look(int descriptor, short wanted, struct hidden_guard guard,
                   uint32_t site);

void waiting_sleep(int64_t milliseconds, uint32_t site);

#endif
