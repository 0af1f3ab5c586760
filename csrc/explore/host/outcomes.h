/* SPDX-License-Identifier: MIT */
/*
 * outcomes: what a scenario returned, over all executions, each distinct one once.
 *
 * Why       A hundred thousand executions have a handful of outcomes and histories; whoever judges
 *           them should be asked about each once.
 * History   Call a precedes call b where a's return happens before b's begin: in an execution of a
 *           memory model there is no other time. Only the relation between calls of different
 *           sequences is kept; within one it is the order of the calls.
 */
#ifndef EXPLORE_OUTCOMES_H
#define EXPLORE_OUTCOMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <heald/explore.h>

#include "host/json.h"

struct outcomes {
    bool with_order; /* histories, not only outcomes */
    bool shortest; /* keep each one's schedule with the fewest switches, not the first */
    struct outcome *entries;
    size_t count, room;
    uint32_t *buckets; /* index into entries plus 1; 0: free */
    size_t bucket_count;
};

/* One complete execution. */
void outcomes_add(struct outcomes *outcomes, const struct explore_view *view);

/* As if none had been added. */
void outcomes_forget(struct outcomes *outcomes);

/* {"type": "outcome", "count", "results": [[...] per call], "before": [[call...] per call],
 *  "schedule"}, one a line; "before" only with order. */
void outcomes_report(const struct outcomes *outcomes, struct json *json);
void outcomes_end(struct outcomes *outcomes);

#endif
