/* SPDX-License-Identifier: MIT */
#include "graph/clock.h"

const struct clock clock_zero = {0};

static int clock_covers(const struct clock *a, const struct clock *b) {
    if (a == b)
        return 1;
    uint32_t common = a->threads < b->threads ? a->threads : b->threads;
    for (uint32_t i = 0; i < common; i++)
        if (a->at[i] < b->at[i])
            return 0;
    for (uint32_t i = common; i < b->threads; i++)
        if (b->at[i])
            return 0;
    return 1;
}

const struct clock *clock_join(struct arena *arena, const struct clock *a,
                               const struct clock *b, uint32_t thread, int32_t count) {
    if (clock_at(a, thread) >= count && clock_covers(a, b))
        return a;
    uint32_t threads = a->threads > b->threads ? a->threads : b->threads;
    if (count > 0 && thread >= threads)
        threads = thread + 1;
    struct clock *joined =
        arena_take(arena, sizeof *joined + threads * sizeof joined->at[0]);
    joined->threads = threads;
    for (uint32_t i = 0; i < threads; i++) {
        uint16_t left = i < a->threads ? a->at[i] : 0;
        uint16_t right = i < b->threads ? b->at[i] : 0;
        joined->at[i] = left > right ? left : right;
    }
    if (count > clock_at(joined, thread))
        joined->at[thread] = (uint16_t)count;
    return joined;
}
