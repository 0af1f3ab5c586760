/* SPDX-License-Identifier: MIT */
/* stands: see stands.h. */
#include "sampling/stands.h"
#include "graph/array.h"
#include "sampling/sampler.h"

#include <string.h>

void stands_room(struct sampler *sampler, size_t threads) {
    jmp_buf *panic = &sampler->explorer->panic;
    size_t before = sampler->stand_capacity;
    sampler->ready = array_grown(panic, sampler->ready, &sampler->ready_capacity, threads,
                                 sizeof *sampler->ready);
    sampler->stand = array_grown(panic, sampler->stand, &sampler->stand_capacity, threads,
                                 sizeof *sampler->stand);
    if (sampler->stand_capacity > before)
        memset(&sampler->stand[before], 0,
               (sampler->stand_capacity - before) * sizeof *sampler->stand);
}

void stands_expect_threads(struct sampler *sampler) {
    stands_room(sampler, sampler->explorer->graph.thread_count);
    for (size_t t = 0; t < sampler->explorer->graph.thread_count; t++)
        if (sampler->stand[t].standing == STANDING_ABSENT)
            sampler->stand[t].standing = STANDING_UNKNOWN;
}

void stands_forget(struct sampler *sampler) {
    if (sampler->stand)
        memset(sampler->stand, 0, sampler->stand_capacity * sizeof *sampler->stand);
    if (sampler->base)
        memset(sampler->base, 0, sampler->base_capacity * sizeof *sampler->base);
}

void stands_keep_base(struct sampler *sampler) {
    if (!sampler->stand)
        return;
    sampler->base =
        array_grown(&sampler->explorer->panic, sampler->base, &sampler->base_capacity,
                    sampler->stand_capacity, sizeof *sampler->base);
    memcpy(sampler->base, sampler->stand,
           sampler->stand_capacity * sizeof *sampler->stand);
}

void stands_to_base(struct sampler *sampler) {
    size_t known = sampler->explorer->graph.thread_count;
    if (known > sampler->base_capacity)
        known = sampler->base_capacity;
    if (known)
        memcpy(sampler->stand, sampler->base, known * sizeof *sampler->stand);
    for (size_t t = 0; t < known; t++) /* that it loops has been learned since */
        if (sampler->stand[t].standing == STANDING_READY && sampler->stand[t].node->loops)
            sampler->stand[t].standing = STANDING_ASK;
    for (size_t t = known; t < sampler->stand_capacity; t++)
        sampler->stand[t].standing = STANDING_UNKNOWN;
}
