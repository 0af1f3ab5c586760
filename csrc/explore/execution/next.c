/* SPDX-License-Identifier: MIT */
/* next: see next.h. */
#include "execution/next.h"

#include "execution/live.h"

int next_never_ends(const struct node *node) {
    return node->kind == ACTION_FAIL && !node->refused &&
           node->action.failure == FAILURE_ENDLESS;
}

int next_runs_on(struct explorer *explorer, const struct thread *thread,
                 const struct node *node) {
    if (!explorer->graph.exited ||
        (thread->count < explorer->max_events && !next_never_ends(node)))
        return 0;
    explorer->result->notes |= EXPLORE_NOTE_RUNS_ON;
    return 1;
}

struct node *next_node(struct explorer *explorer, uint32_t id) {
    struct thread *thread = &explorer->graph.threads[id];
    if (thread_is_over(thread) || (id && !thread->spawned_by))
        return NULL;
    struct event *last = thread_last(thread);
    if (!last)
        return *thread->root ? *thread->root : live_learn(explorer, id);
    if (last->flags & EVENT_WAITING)
        return last->node;
    if (!last->after)
        last->after = node_next(last->node, last->read, last->succeeded);
    return last->after ? last->after : live_learn(explorer, id);
}
