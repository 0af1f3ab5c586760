/* SPDX-License-Identifier: MIT */
/*
 * lean_clock: how far each thread is known, and which seq_cst fence.
 *
 * Why       One step costs a few joins and looks of these: they are of a fixed size, one entry a
 *           thread, so that a join is two instructions.
 * Entries   [t]: so many events of thread t are known. [LEAN_FENCES]: so many seq_cst fences were
 *           before, in the order of execution, the latest one that is known.
 */
#ifndef EXPLORE_LEAN_CLOCK_H
#define EXPLORE_LEAN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LEAN_THREADS = 15,
    LEAN_FENCES = LEAN_THREADS,
    LEAN_ENTRIES = 16,
    LEAN_NEVER = INT16_MAX, /* nobody knows so much */
    LEAN_MOST_EVENTS = 32000
};

struct lean_clock {
    _Alignas(16) int16_t at[LEAN_ENTRIES];
};

static inline void lean_clock_fill(struct lean_clock *clock, int16_t with) {
    for (int i = 0; i < LEAN_ENTRIES; i++)
        clock->at[i] = with;
}

static inline void lean_clock_join(struct lean_clock *into,
                                   const struct lean_clock *from) {
    for (int i = 0; i < LEAN_ENTRIES; i++)
        into->at[i] = from->at[i] > into->at[i] ? from->at[i] : into->at[i];
}

/* Is any of these events known? */
static inline bool lean_clock_knows_any(const struct lean_clock *clock,
                                        const struct lean_clock *events) {
    int16_t known = 0;
    for (int i = 0; i < LEAN_ENTRIES; i++)
        known |= events->at[i] <= clock->at[i] ? -1 : 0;
    return known != 0;
}

/* Are all of these? */
static inline bool lean_clock_knows_all(const struct lean_clock *clock,
                                        const struct lean_clock *events) {
    int16_t unknown = 0;
    for (int i = 0; i < LEAN_ENTRIES; i++)
        unknown |= events->at[i] > clock->at[i] ? -1 : 0;
    return unknown == 0;
}

#endif
