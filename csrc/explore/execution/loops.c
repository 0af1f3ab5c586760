/* SPDX-License-Identifier: MIT */
/* loops: see loops.h. */
#include "execution/loops.h"

#include "execution/events.h"

int loop_read_is_fresh(struct explorer *explorer, const struct event *read) {
    const struct location *location = read->location;
    uint64_t value[2];
    if (read->rf == location->mo[location->mo_count - 1])
        return 1;
    event_value_of(explorer, location->mo[location->mo_count - 1], value);
    return value[0] == read->read[0] && value[1] == read->read[1];
}

int loop_round_is_fresh(struct explorer *explorer, const struct thread *thread,
                        uint64_t round) {
    for (size_t i = thread->count; i-- > 0 && round-- > 0;) {
        const struct event *event = thread->events[i];
        if ((event->flags & EVENT_READS) && !loop_read_is_fresh(explorer, event))
            return 0;
    }
    return 1;
}

struct event *loop_last_read(const struct thread *thread, size_t *behind) {
    size_t after = thread->count;
    while (after && !(thread->events[after - 1]->flags & EVENT_ATOMIC))
        after--;
    *behind = thread->count - after;
    struct event *read = after ? thread->events[after - 1] : NULL;
    return read && event_changes_nothing(read) ? read : NULL;
}
