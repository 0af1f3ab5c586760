/* SPDX-License-Identifier: MIT */
/* next: what a thread does next, out of memory or by running it. */
#ifndef EXPLORE_NEXT_H
#define EXPLORE_NEXT_H

#include "execution/explorer.h"

/* NULL if the thread is not there, has ended or a failure was reported. */
struct node *next_node(struct explorer *explorer, uint32_t thread);

/* Does the thread make no further step, and never ends? */
int next_never_ends(const struct node *node);
/* The process may have ended, and the thread has gone on for so long that it is left there. */
int next_runs_on(struct explorer *explorer, const struct thread *thread,
                 const struct node *node);

#endif
