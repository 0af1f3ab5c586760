/* SPDX-License-Identifier: MIT */
/* time_calls: the calling thread's own clock, for whatever else reads one (rdtsc). */
#ifndef EXPLORE_TIME_CALLS_H
#define EXPLORE_TIME_CALLS_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds; each look moves it on. */
uint64_t time_look(void);

/* A deadline is read; when it comes is the search's choice. Returns the site. */
uint32_t time_limit(const struct timespec *deadline, uint32_t site);

#endif
