/* SPDX-License-Identifier: MIT */
/* harness_calls: how a path of a program ends that an assumption rules out. */
#ifndef EXPLORE_HARNESS_CALLS_H
#define EXPLORE_HARNESS_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* The thread never goes on; that is no failure. */
__attribute__((noreturn)) void harness_stand_still(uint32_t site);

/* The program says by reach_error what is wrong: an abort is the end of a path. */
bool harness_is_one(void);

#endif
