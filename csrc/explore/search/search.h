/* SPDX-License-Identifier: MIT */
/*
 * search: every consistent execution once.
 *
 * How       visit() lets the first thread that can go on take its next step. A read tries every write
 *           it may read, a write every place in mo, and makes each earlier read that it legally can
 *           read it instead (revisit.h). The last way is not a call but the next turn of the loop.
 * Waiting   A read that does not get what it waits for (a guard, or a loop that came back) stays as
 *           its thread's last event. Newer writes offer the thread that step again, those only.
 *           Reading anything but the latest write and still waiting leads nowhere and is not tried.
 * Source    TruSt, POPL 2022; waiting: Kokologiannakis, Ren, Vafeiadis, FMCAD 2021.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "execution/explorer.h"

void search_exhaustively(struct explorer *explorer);
/* Everything below the graph as it stands. */
void search_visit(struct explorer *explorer);

#endif
