/* SPDX-License-Identifier: MIT */
/* next: see next.h. */
#include "execution/next.h"

#include "execution/live.h"

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
