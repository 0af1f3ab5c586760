/* SPDX-License-Identifier: MIT */
/*
 * atomics: one atomic operation of the program, as an action, asked and answered.
 *
 * Why       It comes in two ways: as a call that the compiler wrote, and as an instruction of inline
 *           assembly. What is checked of its address, and how a loop may wait on it, is the same.
 * Rule      Reads are asked below an entry that noted the program's registers (entry.h): a loop may
 *           wait on them.
 */
#ifndef EXPLORE_ATOMICS_H
#define EXPLORE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "action.h"

typedef unsigned __int128 wide;

wide atomics_load(const volatile void *address, unsigned size, int order, uint32_t site);
void atomics_store(volatile void *address, wide value, unsigned size, int order,
                   uint32_t site);
wide atomics_rmw(volatile void *address, wide value, unsigned size, enum action_op op,
                 int order, uint32_t site);
/* `*expected`: afterwards what was there. */
bool atomics_cas(volatile void *address, wide *expected, wide desired, unsigned size,
                 bool is_weak, int order, int order_fail, uint32_t site);
void atomics_fence(int order, uint32_t site);

#endif
