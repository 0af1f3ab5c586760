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
    if (a->threads < b->threads) {
        const struct clock *shorter = a;
        a = b;
        b = shorter;
    }
    uint32_t threads = count > 0 && thread >= a->threads ? thread + 1 : a->threads;
    struct clock *joined =
        arena_take(arena, sizeof *joined + threads * sizeof joined->at[0]);
    joined->threads = threads;
    uint32_t i = 0;
    for (; i < b->threads; i++)
        joined->at[i] = a->at[i] > b->at[i] ? a->at[i] : b->at[i];
    for (; i < a->threads; i++)
        joined->at[i] = a->at[i];
    for (; i < threads; i++)
        joined->at[i] = 0;
    if (count > clock_at(joined, thread))
        joined->at[thread] = (uint16_t)count;
    return joined;
}
