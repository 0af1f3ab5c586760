/* SPDX-License-Identifier: MIT */
/*
 * parts: a tree that several processes visit, each from one point up to another.
 *
 * Why       Nobody can tell beforehand where a tree is large. Who has time asks who has not, and is given
 *           what that one would come to last; the one who gives goes on with the rest.
 * Point     A path: of each visit from the root on the way that was gone, by a key that says what it adds
 *           to the graph. It is the same whoever comes there, whatever they have learned of loops.
 * Part      What comes after one point in the order of the search, up to the end of another one's subtree.
 *           Giving is a cut between two of these, so every subtree has one owner however often it is cut.
 * Follow    Who begins at a point goes straight there. If it is not there the part is `lost`: this is
 *           not the tree that it was cut from.
 */
#ifndef EXPLORE_PARTS_H
#define EXPLORE_PARTS_H

#include "execution/explorer.h"

/* Nothing where the search is not shared. */
void parts_begin(struct explorer *explorer);
void parts_end(struct explorer *explorer);
/* The root's visit has ended. */
void parts_finish(struct explorer *explorer);
/* Every subtree of this part has been visited. */
int parts_are_over(const struct explorer *explorer);

/* Is the subtree below this way ours? Then `parts_leave` follows its visit. */
int parts_enter(struct explorer *explorer, const struct event *way, double share);
void parts_leave(struct explorer *explorer);

/* What is visited until the trail is set back is a revisit by this write. Returns the trail before. */
uint64_t parts_trail(struct explorer *explorer, const struct event *write);

/* Of the graph as it stands. */
uint64_t parts_graph_hash(const struct graph *graph);

#endif
