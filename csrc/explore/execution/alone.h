/* SPDX-License-Identifier: MIT */
/*
 * alone: does a thread that has made max_events steps ever leave its loop?
 *
 * Why       A loop of a million rounds and a loop without end look the same after 20,000 steps. The one
 *           makes the result undecided, the other is a failure. So the thread runs on by itself, in
 *           the real run and with nothing remembered, at the speed of the program.
 * Replies   What is latest in mo, which memory holds when the graph's end is reached. That is one
 *           execution of the thread under every model.
 * Others    If it does not end so, they go on, too, in turns with it: what it waits for may come from them.
 * Undecided Wherever it comes to an end, waits for somebody, or does what takes another thread.
 */
#ifndef EXPLORE_ALONE_H
#define EXPLORE_ALONE_H

#include "execution/explorer.h"

/* 1: it goes on for ever, as far as can be seen. 0: it does not, or the time was over; that is noted in
   the result, and the search stops. */
int alone_never_ends(struct explorer *explorer, uint32_t thread, const struct node *node);

#endif
