/* SPDX-License-Identifier: MIT */
/* parts: see parts.h. */
#include "search/parts.h"

static uint64_t mixed(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0xBF58476D1CE4E5B9u;
    return hash ^ (hash >> 31);
}

/* Equal wherever the search comes to the same point, whatever it has learned on the way. */
static uint64_t point_hash(const struct graph *graph) {
    uint64_t hash = 1;
    for (size_t i = 0; i < graph->count; i++) {
        const struct event *event = graph->sequence[i];
        hash = mixed(hash, (uint64_t)event->thread << 32 | (uint32_t)event->index);
        if (event->kind == ACTION_CHOOSE)
            hash = mixed(hash, event->read[0]);
        if (event->flags & EVENT_WRITES)
            hash = mixed(hash, event->mo);
        if (event->flags & EVENT_ODD)
            hash = mixed(hash, 1);
        if (event->rf)
            hash = mixed(hash,
                         (uint64_t)event->rf->thread << 32 | (uint32_t)event->rf->index);
    }
    return hash;
}

/*
 * Is this subtree another part's? Subtrees of about 1 / (64 parts) of the whole are dealt out by the
 * hash of the point where they begin; all parts walk the little above that.
 */
int part_is_elsewhere(struct explorer *explorer, int ended) {
    const struct explore_options *options = explorer->options;
    if (options->parts < 2 || explorer->owned)
        return 0;
    if (!ended && explorer->weight * options->parts * 64 > 1)
        return 0;
    uint64_t hash = point_hash(&explorer->graph);
    uint32_t end = options->part_end ? options->part_end : options->part + 1;
    explorer->owned = 1;
    explorer->result->dealt++;
    explorer->result->dealt_sum += hash;
    return hash % options->parts < options->part || hash % options->parts >= end;
}
