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

/* Is the subtree dealt out with this number and hash one of this part's? */
static int is_own(const struct explore_options *options, uint64_t number, uint64_t hash) {
    uint32_t parts = options->parts ? options->parts : 1;
    uint32_t end = options->part_end ? options->part_end : options->part + 1;
    return number >= options->deal_from && hash % parts >= options->part &&
           hash % parts < end;
}

static int is_to_hand_over(const struct explore_options *options) {
    return options->callbacks.hand_over && *options->callbacks.hand_over;
}

/*
 * Is this subtree another part's? Subtrees of about 1 / (64 deal) of the whole are dealt out by the
 * hash of the point where they begin; all parts walk the little above that.
 */
int part_is_elsewhere(struct explorer *explorer, int ended) {
    const struct explore_options *options = explorer->options;
    struct explore_result *result = explorer->result;
    uint32_t deal = options->deal ? options->deal : options->parts;
    if (!explorer_is_above_parts(explorer))
        return 0;
    if (!ended && explorer->weight * deal * 64 > 1)
        return 0;
    uint64_t hash = point_hash(&explorer->graph);
    int own = is_own(options, result->dealt, hash);
    explorer->owned = 1;
    if (own && is_to_hand_over(options)) {
        explorer->stop = result->stopped = result->handed_over = 1;
        return 1;
    }
    result->dealt++;
    result->dealt_sum += hash;
    return !own;
}
