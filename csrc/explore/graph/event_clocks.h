/* SPDX-License-Identifier: MIT */
/*
 * event_clocks: what an event knows of: hb, prefix, messages, fences.
 *
 * Source    Lahav et al., PLDI 2017; release sequences as in C++20.
 */
#ifndef EXPLORE_EVENT_CLOCKS_H
#define EXPLORE_EVENT_CLOCKS_H

#include "graph/event.h"

/* Sets the clocks of an event whose rf, flags and order are set. They stay right as long as it lives. */
void event_clocks(struct graph *graph, struct event *event);

#endif
