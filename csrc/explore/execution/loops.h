/* SPDX-License-Identifier: MIT */
/*
 * loops: a thread that came back to a read with nothing changed.
 *
 * Why       Such a round is no progress: the thread sleeps until its read would return something
 *           else. It sleeps for ever only if every read of the round has the latest value.
 */
#ifndef EXPLORE_LOOPS_H
#define EXPLORE_LOOPS_H

#include "execution/explorer.h"

/* Would the read get the same value from the latest write? */
int loop_read_is_fresh(struct explorer *explorer, const struct event *read);
/* Does a looping thread see the latest value in every read of its last `round` events? */
int loop_round_is_fresh(struct explorer *explorer, const struct thread *thread,
                        uint64_t round);
/* Did a compare-exchange in it fail for no reason? Who comes round so waits for nothing. */
int loop_round_failed_weakly(const struct thread *thread, uint64_t round);

/* The thread's last atomic event if it is a read that changed nothing, else NULL. `behind` counts
   the events of the thread after it. */
struct event *loop_last_read(const struct thread *thread, size_t *behind);

#endif
