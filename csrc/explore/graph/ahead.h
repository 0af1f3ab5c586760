/* SPDX-License-Identifier: MIT */
/*
 * ahead: a real run that has gone through steps of one thread which are not in the graph (yet).
 *
 * Why       Whether an update that changes nothing belongs to a failed round is found out by trying it
 *           (events.c: probe_silent). Mostly it then comes into the graph: a run that had to begin anew
 *           behind each such update would cost the square of a long loop's rounds.
 * Always    While `graph->ahead.count` is above what the graph has of the thread, the run is used by
 *           nobody (live.c: live_check). An event that comes in its place with another reply makes
 *           it stale; one with the same leads to the same private steps.
 */
#ifndef EXPLORE_AHEAD_H
#define EXPLORE_AHEAD_H

#include "graph/event.h"

/* What was tried has been cut out again, and the run was good until then. */
static inline void ahead_begin(struct graph *graph, const struct event *tried) {
    graph->ahead = (struct ahead){tried->node,   {tried->read[0], tried->read[1]},
                                  tried->index,  graph->executed[tried->thread],
                                  tried->thread, tried->succeeded};
    graph->executed_stale = 0;
}

static inline void ahead_forget(struct graph *graph) { graph->ahead.count = 0; }

/* What the update reads must lie in memory, as what was tried found it there: another write of the same
   value may not have been made yet. */
static inline int ahead_read_it(const struct graph *graph, const struct event *event) {
    const struct event *from = event->rf;
    return from->index < 0 || from->index < graph->executed[from->thread];
}

/* Is the event, which comes into the graph, one that the run has gone through? */
static inline int ahead_has(const struct graph *graph, const struct event *event) {
    const struct ahead *ahead = &graph->ahead;
    if (event->thread != ahead->thread || event->index >= ahead->count ||
        event->index < ahead->first)
        return 0;
    return event->index > ahead->first ||
           (event->node == ahead->node && event->succeeded == ahead->succeeded &&
            event->read[0] == ahead->read[0] && event->read[1] == ahead->read[1] &&
            ahead_read_it(graph, event));
}

#endif
