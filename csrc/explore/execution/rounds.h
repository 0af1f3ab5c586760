/* SPDX-License-Identifier: MIT */
/*
 * rounds: has anybody noticed a round of a loop that took back all it did?
 *
 * Why       `lock(m); if (ready) break; unlock(m)` and `add 1; if it was 0 break; subtract 1` wait as
 *           a loop around a load does, but their rounds write. A thread that stands where it stood
 *           before such a round (ACTION_ROUND) may as well not have gone it, unless others have
 *           seen what it wrote meanwhile. Until then the thread sleeps, and the execution in which it
 *           never went that round is another one.
 * In vain   Writes of the round, and of rounds of others that are in vain, stand next to each other in
 *           mo; the value after them is the value before; nobody outside read one of them but the
 *           last; and reading the last synchronises with all that reading the one before them would.
 *           Then the graph without them is consistent, orders no more than this one, and everybody
 *           does in it what they do here. What is plain the runtime has compared (spin.h).
 * Stuck     Where all that are left stand behind rounds in vain, onward.h says whether that is for good.
 * Left out  Under rc11 a thread may notice a round only after it has seen what the one that went it
 *           did later, by relaxed reads. Such an execution is found only if others notice the round.
 * Source    Kokologiannakis, Ren, Vafeiadis, Dynamic Partial Order Reductions for Spinloops, FMCAD
 *           2021: loops with zero net effect; here for any writes, and for rounds that see each other.
 */
#ifndef EXPLORE_ROUNDS_H
#define EXPLORE_ROUNDS_H

#include "execution/explorer.h"

/* The threads that stand behind a round in vain, as a bit set. */
uint64_t rounds_in_vain(struct explorer *explorer);

/* Did a thread go on after a round that now is in vain? Then this execution is another one's. */
int rounds_were_in_vain(struct explorer *explorer);

#endif
