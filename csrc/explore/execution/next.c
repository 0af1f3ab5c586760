/* SPDX-License-Identifier: MIT */
/* next: see next.h. */
#include "execution/next.h"

#include "execution/live.h"

struct node *next_node(struct explorer *explorer, uint32_t id) {
    struct thread *thread = &explorer->graph.threads[id];
    if (thread_is_over(thread) || (id && !thread->spawned_by))
        return NULL;
    struct node *known = next_known(thread);
    return known ? known : live_learn(explorer, id);
}
