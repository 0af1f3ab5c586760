/* SPDX-License-Identifier: MIT */
/* time_calls: the calling thread's own clock, for whatever else reads one (rdtsc). */
#ifndef EXPLORE_TIME_CALLS_H
#define EXPLORE_TIME_CALLS_H

#include <stdint.h>

/* Nanoseconds; each look moves it on. */
uint64_t time_look(void);

#endif
