/* SPDX-License-Identifier: MIT */
/*
 * log: one search, step by step, on stderr: for whoever looks for a graph that is missing.
 *
 * How       Only where EXPLORE_LOG is defined (docs/explorer.md has the command); else nothing is
 *           compiled. A line is an event that comes into the graph (+) or leaves it (-), indented
 *           by how many there are; = ends an execution, ! is a failure.
 */
#ifndef EXPLORE_LOG_H
#define EXPLORE_LOG_H

#include "graph/event.h"

#ifdef EXPLORE_LOG
void log_event(const struct graph *graph, char sign, const struct event *event);
void log_text(const struct graph *graph, char sign, const char *text);
#else
static inline void log_event(const struct graph *graph, char sign,
                             const struct event *event) {
    (void)graph, (void)sign, (void)event;
}
static inline void log_text(const struct graph *graph, char sign, const char *text) {
    (void)graph, (void)sign, (void)text;
}
#endif

#endif
