/* SPDX-License-Identifier: MIT */
/* executed: see executed.h. */
#include "execution/executed.h"

void executed_note(const struct explorer *explorer, struct event *event) {
    struct location *location = event->location;
    if (!(event->flags & EVENT_WRITES))
        return;
    uint64_t run = explorer->result->runs;
    if (location->run == run && location->executed->mo > event->mo)
        return;
    location->run = run;
    location->executed = event;
}

/* Plain writes come into mo whenever it is found out that they belong there. */
static const struct event *latest_of_all(const struct graph *graph,
                                         const struct location *location) {
    for (size_t mo = location->mo_count; mo-- > 1;) {
        const struct event *write = location->mo[mo];
        if (write->index < graph->executed[write->thread])
            return write;
    }
    return NULL;
}

const struct event *executed_latest(const struct explorer *explorer,
                                    const struct location *location) {
    if (location->has_bases)
        return latest_of_all(&explorer->graph, location);
    return location->run == explorer->result->runs ? location->executed : NULL;
}
