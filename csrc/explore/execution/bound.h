/* SPDX-License-Identifier: MIT */
/*
 * bound: has a thread gone so many rounds of a loop that it is not followed any further?
 *
 * Why       A loop that goes on for a million rounds cannot be exhausted, but its first rounds can, and
 *           most of what is wrong shows in them.
 * Rounds    A thread that comes back to a place goes another round of the loop that the place is in; what
 *           it has done since then lay inside that loop, so loops in there begin anew. A function that
 *           is called from several places looks like a loop, too: then more is cut, never less. A
 *           loop without atomic operations or locks, or that the compiler unrolled, is followed to its end.
 * Cut       The thread stays where it is, the others go on. What that comes to is no execution, and
 *           nobody in it is stuck.
 */
#ifndef EXPLORE_BOUND_H
#define EXPLORE_BOUND_H

#include "execution/explorer.h"

/* Where there is a bound: would this step begin a round too many? */
int bound_is_passed(struct explorer *explorer, const struct thread *thread,
                    const struct node *next);

/* Would this step begin a round too many? Asked of every step, so it costs nothing without a bound. */
static inline int bound_is_reached(struct explorer *explorer, const struct thread *thread,
                                   const struct node *next) {
    return explorer->options->bound && bound_is_passed(explorer, thread, next);
}

/* Is there a thread that is not followed any further? */
int bound_has_cut(struct explorer *explorer);

#endif
