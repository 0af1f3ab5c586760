/* SPDX-License-Identifier: MIT */
/*
 * ending: what an execution that cannot grow has come to.
 *
 * Why       Exhaustive search, sampling and replay differ in what they choose, not in what that
 *           means: complete, cut off, a deadlock, a livelock, a leak.
 */
#ifndef EXPLORE_ENDING_H
#define EXPLORE_ENDING_H

#include "execution/explorer.h"

/* Judges the graph and counts it. */
void ending_reached(struct explorer *explorer);

#endif
