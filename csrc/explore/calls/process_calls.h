/* SPDX-License-Identifier: MIT */
/* process_calls: what the system is asked by number, too (futex_calls.c has `syscall`). */
#ifndef EXPLORE_PROCESS_CALLS_H
#define EXPLORE_PROCESS_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* Random bytes of the running thread's own sequence; how many there are. */
long process_random(void *to, size_t bytes, uint32_t site);

/* membarrier: which commands there are, or a fence. */
long process_barrier(int command, uint32_t site);

#endif
