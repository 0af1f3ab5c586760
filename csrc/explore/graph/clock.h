/* SPDX-License-Identifier: MIT */
/*
 * clock: how many events of each thread lie before an event.
 *
 * Why       "a happens before b" and "a is in b's prefix" become one comparison.
 * Rules     Clocks are never changed once made; events share them. An event's clock says nothing
 *           about the event's own thread: there, position decides.
 * Source    Mattern, Virtual Time and Global States of Distributed Systems, 1989.
 */
#ifndef EXPLORE_CLOCK_H
#define EXPLORE_CLOCK_H

#include "graph/arena.h"

#include <stdint.h>

struct clock {
    uint32_t threads; /* entries; all others are 0 */
    uint16_t at[];
};

extern const struct clock clock_zero;

static inline int32_t clock_at(const struct clock *clock, uint32_t thread) {
    return thread < clock->threads ? (int32_t)clock->at[thread] : 0;
}

/* The larger of both, entry by entry, and at least `count` for `thread`; `a` itself if it is. */
const struct clock *clock_join(struct arena *arena, const struct clock *a,
                               const struct clock *b, uint32_t thread, int32_t count);

#endif
