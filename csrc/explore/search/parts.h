/* SPDX-License-Identifier: MIT */
/*
 * parts: which of several processes visits a subtree.
 *
 * Why       All parts walk the top of the tree and agree, without talking, on who goes on below a point.
 * Sum       Each part also sums up where it dealt. Parts that come to another sum have walked another
 *           tree (another compiler, another machine), and their counts do not add up.
 */
#ifndef EXPLORE_PARTS_H
#define EXPLORE_PARTS_H

#include "execution/explorer.h"

/* Is the subtree that begins here another part's? `ended`: it is an execution. */
int part_is_elsewhere(struct explorer *explorer, int ended);

#endif
