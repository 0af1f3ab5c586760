/* SPDX-License-Identifier: MIT */
/*
 * stamp: fenced points in time that all threads can compare.
 *
 * Why       A history is only as true as its stamps. A stamp taken early or late by the
 *           processor's own reordering would order calls that overlapped, and report a
 *           sound queue as broken.
 * Rules     stamp_call is taken before the call reads or writes anything. stamp_return is
 *           taken after everything the call wrote can be seen by all: a full fence first,
 *           for a store that waits in the store buffer has not happened yet for the others.
 * Clock     The time stamp counter where the kernel itself trusts it (its clock source is
 *           "tsc": constant, and the same on every processor), else CLOCK_MONOTONIC.
 * Units     Ticks of that clock; only their order is used.
 */
#ifndef STRESS_STAMP_H
#define STRESS_STAMP_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum stamp_clock { STAMP_TSC = 1, STAMP_MONOTONIC = 2 };

/* Ask the kernel; once, before any thread takes a stamp. */
enum stamp_clock stamp_choose(void);

uint64_t stamp_nanoseconds(void); /* CLOCK_MONOTONIC */

/* The bare counter, not fenced: for waiting only. 0 where there is none. */
static inline uint64_t stamp_ticks(void) {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

static inline uint64_t stamp_now(enum stamp_clock clock) {
#if defined(__x86_64__)
    if (clock == STAMP_TSC) {
        _mm_lfence();
        uint64_t ticks = __rdtsc();
        _mm_lfence();
        return ticks;
    }
#endif
    (void)clock;
    return stamp_nanoseconds();
}

static inline uint64_t stamp_call(enum stamp_clock clock) {
    uint64_t ticks = stamp_now(clock);
#if defined(__x86_64__)
    /* The fence behind the counter holds back loads, and stores are never early here. */
    if (clock == STAMP_TSC)
        return ticks;
#endif
    atomic_thread_fence(memory_order_seq_cst);
    return ticks;
}

static inline uint64_t stamp_return(enum stamp_clock clock) {
    atomic_thread_fence(memory_order_seq_cst);
    return stamp_now(clock);
}

#endif
