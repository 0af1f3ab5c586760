/* SPDX-License-Identifier: MIT */
/*
 * executed: of one location's writes, the latest that the real run has gone through.
 *
 * Why       Its value is what lies in memory. Each step of the real run asks for it twice, and a
 *           location with a thousand writes must not be gone through each time: it is kept,
 *           and holds for one run. A cut that takes an executed write out ends the run (graph.executed_stale).
 * Silent    An update that was tried before it came into the graph (graph/ahead.h) is not noted: it wrote
 *           back what it read, directly behind that in mo.
 */
#ifndef EXPLORE_EXECUTED_H
#define EXPLORE_EXECUTED_H

#include "execution/explorer.h"

/* The real run has gone through the event. */
void executed_note(const struct explorer *explorer, struct event *event);
/* NULL: none since the run began. */
const struct event *executed_latest(const struct explorer *explorer,
                                    const struct location *location);

#endif
