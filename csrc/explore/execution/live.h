/* SPDX-License-Identifier: MIT */
/*
 * live: run the program for real, no further than needed.
 *
 * Why       Behaviour that is not remembered must be executed. The graph knows all replies, so a
 *           thread is brought to its last event by stepping it and what it read from; other
 *           threads are left where they are. A run stays usable until one of the events it has
 *           gone through is unlinked.
 * Rules     Sources are stepped past before their readers, so memory holds what a race-free reader must
 *           see. An atomic location's memory holds the mo-latest value executed so far.
 */
#ifndef EXPLORE_LIVE_H
#define EXPLORE_LIVE_H

#include "execution/explorer.h"

/* What the thread does next, by running it for real. NULL: a failure was reported. */
struct node *live_learn(struct explorer *explorer, uint32_t thread);
/* The flags of a plain read that is the thread's next event, as this execution's real run finds them: those of
   its node are of the execution that it was learned in, and memory may have held other bytes there. */
uint8_t live_finds(struct explorer *explorer, const struct event *read);
/* Makes the bytes of a linked plain write known. */
int live_capture(struct explorer *explorer, struct event *write);
/* Makes the initial value of the location known. */
void live_initial(struct explorer *explorer, struct location *location);
/* Takes the real run to where the graph ends. 0: a failure was reported. */
int live_to_end(struct explorer *explorer);
uint32_t live_child(struct explorer *explorer, uint32_t parent, uint32_t nth);

#endif
