/* SPDX-License-Identifier: MIT */
/*
 * untold: what threads do in memory that is theirs alone is no step of an execution.
 *
 * Why       Rust's library keeps books of its threads: who holds a result, how a thread is called, what its
 *           storage needs at the end. That is some hundred accesses around each thread, gone through again in
 *           each execution, and no other thread ever sees one of them.
 * What      A thread's own stack and thread-local storage; blocks that the library takes for its threads
 *           (ACTION_LIBRARYS); variables of the library (options->ranges). An acquire fence of a thread that
 *           has read nothing which the fence could make it synchronise with.
 * How       The real run answers such an action at once (live.c); the graph never hears of it. That is the same
 *           as long as all who come to a place are ordered by the beginnings and ends of threads alone, in
 *           every execution: then nobody has a choice there, and nothing can race. Who ever came is kept
 *           for the whole search. Two who are not so ordered, one of them to write: the place is told from now
 *           on, and the search begins anew, as it does for widths.h.
 * Values    A thread reads there what others have left, and does what follows from it. So a digest of all that was
 * written goes with each beginning and end of a thread, as if it were handed over there.
 * Order     Only what follows from a thread's own history counts, since that is what behaviour is remembered by: whom
 *           it has joined itself, and what its forebears did before they made it.
 */
#ifndef EXPLORE_UNTOLD_H
#define EXPLORE_UNTOLD_H

#include "execution/explorer.h"

enum untold_answer { TOLD, UNTOLD, UNTOLD_NO_MORE /* the search begins anew */ };

/* Whether what the thread does next is no step; then `reply` is what it gets. */
enum untold_answer untold_answer(struct explorer *explorer, uint32_t thread,
                                 struct action *action, struct reply *reply);

/* The thread begins in the real run, made by this event; NULL: the first one. */
void untold_begin(struct untold_thread *thread, const struct event *maker);

/* The real run is about to go past this event. */
void untold_passed(struct untold_thread *thread, const struct event *event);

/* A new real run. */
void untold_restart(struct explorer *explorer);

#endif
