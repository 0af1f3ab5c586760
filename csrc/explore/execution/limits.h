/* SPDX-License-Identifier: MIT */
/*
 * limits: when an exploration ends although more is left.
 *
 * Why       The caller's question is asked about every thousand steps: often enough for a time limit,
 *           seldom enough to cost nothing. Where a signal says that the time is over, at once.
 */
#ifndef EXPLORE_LIMITS_H
#define EXPLORE_LIMITS_H

#include "execution/explorer.h"

/* Does the caller want no more? Asked at every step; asks the caller now and then. */
int limits_reached(struct explorer *explorer);
/* A step over many bytes is as long as many steps: the next question comes earlier. */
void limits_worked(struct explorer *explorer, uint32_t cells);

#endif
