/* SPDX-License-Identifier: MIT */
/* next: what a thread does next, out of memory or by running it. */
#ifndef EXPLORE_NEXT_H
#define EXPLORE_NEXT_H

#include "execution/explorer.h"
#include "graph/node.h"

/* NULL if the thread is not there, has ended or a failure was reported. */
struct node *next_node(struct explorer *explorer, uint32_t thread);

/* Of a thread that is there and not over, what it is known to do next; NULL: ask next_node. */
static inline struct node *next_known(const struct thread *thread) {
    struct event *last = thread_last(thread);
    if (!last)
        return *thread->root;
    if (last->flags & EVENT_WAITING)
        return last->node;
    if (!last->after)
        last->after = node_next(last->node, last->read, last->succeeded);
    return last->after;
}

/* Does the thread make no further step, and never ends? */
static inline int next_never_ends(const struct node *node) {
    return node->kind == ACTION_FAIL && !node->refused &&
           node->action.failure == FAILURE_ENDLESS;
}

/* The process may have ended, and the thread has gone on for so long that it is left there. */
static inline int next_runs_on(struct explorer *explorer, const struct thread *thread,
                               const struct node *node) {
    if (!explorer->graph.exited ||
        (thread->count < explorer->max_events && !next_never_ends(node)))
        return 0;
    explorer->result->notes |= EXPLORE_NOTE_RUNS_ON;
    return 1;
}

#endif
