/* SPDX-License-Identifier: MIT */
/* loops: see loops.h. */
#include "execution/loops.h"

#include "execution/events.h"
#include "graph/cells.h"
#include "graph/node.h"

int loop_read_is_fresh(struct explorer *explorer, const struct event *read) {
    const struct location *location = read->location;
    uint64_t value[2];
    if (read->rf == location->mo[location->mo_count - 1])
        return 1;
    event_value_for(explorer, read->node, location->mo[location->mo_count - 1], value);
    return value[0] == read->read[0] && value[1] == read->read[1];
}

/* Has nobody else written to what a plain read reads since? */
static int plain_is_fresh(const struct event *read) {
    for (const struct record *record = read->records; record; record = record->sibling)
        for (const struct record *at = record->cell->newest; at && at != record;
             at = at->older)
            if (at->writes && (at->mask & record->mask) &&
                at->event->thread != read->thread)
                return 0;
    return 1;
}

int loop_round_is_fresh(struct explorer *explorer, const struct thread *thread,
                        uint64_t round) {
    size_t from = round < thread->count ? thread->count - (size_t)round : 0;
    for (size_t i = from; i < thread->count; i++) {
        const struct event *event = thread->events[i];
        if (event->kind == ACTION_READ && !plain_is_fresh(event))
            return 0;
        if (!(event->flags & EVENT_READS) || event->node->carries ||
            (event->rf->thread == thread->id && event->rf->index >= (int32_t)from))
            continue; /* or it reads what the round itself has written */
        if (!loop_read_is_fresh(explorer, event))
            return 0;
    }
    return 1;
}

int loop_round_failed_weakly(const struct thread *thread, uint64_t round) {
    for (size_t i = thread->count; i-- > 0 && round--;)
        if (event_failed_weakly(thread->events[i]))
            return 1;
    return 0;
}

struct event *loop_last_read(const struct thread *thread, size_t *behind) {
    size_t after = thread->count;
    while (after && !(thread->events[after - 1]->flags & EVENT_ATOMIC))
        after--;
    *behind = thread->count - after;
    struct event *read = after ? thread->events[after - 1] : NULL;
    return read && event_changes_nothing(read) ? read : NULL;
}
