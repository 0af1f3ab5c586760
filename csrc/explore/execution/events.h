/* SPDX-License-Identifier: MIT */
/*
 * events: turn what a thread does next into an event: what it reads, what it writes, its flags.
 *
 * Why       Made in one place, so an event is the same whoever adds it and whenever. What is made here is
 *           not linked yet: where it goes is for the search, the sampler or the replay to say.
 */
#ifndef EXPLORE_EVENTS_H
#define EXPLORE_EVENTS_H

#include "execution/explorer.h"
#include "graph/byte_parts.h"

/* A read, not linked, that has not got what it waits for: it writes nothing and sleeps. */
void event_waits(struct event *event);
struct event *event_make_read(struct explorer *explorer, uint32_t thread,
                              struct node *node, struct event *source);
/* A successful weak compare-exchange, not linked, fails for no reason instead. */
void event_fails_weakly(struct explorer *explorer, struct event *event);

/* Did it, though what it read was what it expected? A loop that comes back to it waits for nothing. */
static inline int event_failed_weakly(const struct event *event) {
    return event->kind == ACTION_CAS && (event->flags & EVENT_ODD);
}

struct event *event_make_write(struct explorer *explorer, uint32_t thread,
                               struct node *node);
struct event *event_make_other(struct explorer *explorer, uint32_t thread,
                               struct node *node);
/* Where the write part of a linked-to-be event goes, given its source. */
static inline uint32_t event_rmw_position(const struct event *event) {
    const struct location *location = event->location;
    return (location->mixed ? part_top(location, event->rf->mo) : event->rf->mo) + 1;
}
/* It read, and what it wrote is what it read. */
int event_changes_nothing(const struct event *event);
void event_value_of(struct explorer *explorer, struct event *write, uint64_t value[2]);
/* The same, of it what the node's access gets. */
void event_value_for(struct explorer *explorer, const struct node *node,
                     struct event *write, uint64_t value[2]);

#endif
