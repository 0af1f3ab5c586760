/* SPDX-License-Identifier: MIT */
/* event_clocks: see event_clocks.h. */
#include "graph/event_clocks.h"

#include "graph/byte_parts.h"
#include "graph/symmetry.h"

static int acquires(uint8_t order) {
    return order != ORDER_RELAXED && order != ORDER_RELEASE;
}

static int releases(uint8_t order) { return order >= ORDER_RELEASE; }

static const struct clock *joined_with(struct graph *graph, const struct clock *clock,
                                       const struct event *event,
                                       const struct clock *event_clock) {
    return clock_join(&graph->arena, clock, event_clock, event->thread, event->index + 1);
}

/* What is known after receiving the message of `write`. */
static const struct clock *received(struct graph *graph, const struct clock *clock,
                                    uint32_t thread, const struct event *write) {
    const struct event *from = write->message_from;
    if (from && !clock_knows(clock, thread, from))
        clock = joined_with(graph, clock, from, from->hb);
    if (write->message != &clock_zero)
        clock = clock_join(&graph->arena, clock, write->message, 0, 0);
    return clock;
}

/* The next write, `write` itself or an earlier one, of whose own bytes some are in `part`; NULL: no more.
   Those of its bytes are taken out of `part`. */
static const struct event *byte_writer(const struct event *write, uint32_t *part) {
    while (write && *part) {
        uint32_t own = byte_parts_of(write);
        if (own & *part) {
            *part &= ~own;
            return write;
        }
        write = byte_parts_before(write);
    }
    return NULL;
}

/* The same of what is read in parts: of each write whose bytes it reads. */
static const struct clock *received_parts(struct graph *graph, const struct clock *clock,
                                          uint32_t thread, const struct event *read) {
    uint32_t part = read->node->carries ? 0 : read->node->part;
    for (const struct event *write = read->rf; (write = byte_writer(write, &part));
         write = byte_parts_before(write))
        clock = received(graph, clock, thread, write);
    return clock;
}

/* What is known after receiving what the read gets. */
static inline const struct clock *received_by(struct graph *graph,
                                              const struct clock *clock, uint32_t thread,
                                              const struct event *read) {
    return read->location->mixed ? received_parts(graph, clock, thread, read)
                                 : received(graph, clock, thread, read->rf);
}

static void read_clocks(struct graph *graph, struct event *event) {
    if (event->node->carries)
        return;
    if (acquires(event->order))
        event->hb = received_by(graph, event->hb, event->thread, event);
    else
        event->pending = received_by(graph, event->pending, event->thread, event);
}

/* sc and tso: every access synchronises, but what is merely carried does not, nor do bytes that were
   written plainly: reading them unordered is a race. */
static void strong_clocks(struct graph *graph, struct event *event) {
    if (!event->rf)
        return;
    const struct event *write = event->rf;
    if (!event->location || !event->location->mixed) {
        if (!clock_knows(event->hb, event->thread, write))
            event->hb = joined_with(graph, event->hb, write, write->hb);
        return;
    }
    uint32_t part = event->node->carries ? 0 : event->node->part;
    for (; (write = byte_writer(write, &part)); write = byte_parts_before(write))
        if (!(write->flags & EVENT_BASE && write->kind == ACTION_WRITE) &&
            !clock_knows(event->hb, event->thread, write))
            event->hb = joined_with(graph, event->hb, write, write->hb);
}

/* C++20: a release sequence goes on through read-modify-writes only. */
static void write_clocks(struct graph *graph, struct event *event) {
    event->message_from = releases(event->order) ? event : event->release_fence;
    if (event->flags & EVENT_READS)
        event->message = received_by(graph, &clock_zero, UINT32_MAX, event);
}

static void fence_clocks(struct graph *graph, struct event *event) {
    if (acquires(event->order))
        event->hb = clock_join(&graph->arena, event->hb, event->pending, 0, 0);
    if (releases(event->order))
        event->release_fence = event;
}

/* Twins add to what stays, so from the first of them on it is a clock of its own. */
static void stays_clock(struct graph *graph, struct event *event,
                        const struct clock *before) {
    event->stays = clock_join(&graph->arena, event->prefix, before, 0, 0);
    if (event->rf)
        event->stays = clock_join(&graph->arena, event->stays, event->rf->stays, 0, 0);
    symmetry_clock(graph, event);
}

/* The child begins with these clocks, and where its own events begin the spawn is part of them. They
   are the event's own, because what is linked again after a cut must not need new ones. */
static void spawn_clocks(struct graph *graph, struct event *event) {
    int twinned = event->stays != event->prefix;
    event->hb = joined_with(graph, event->hb, event, event->hb);
    event->prefix = joined_with(graph, event->prefix, event, event->prefix);
    event->stays =
        twinned ? joined_with(graph, event->stays, event, event->stays) : event->prefix;
}

void event_clocks(struct graph *graph, struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    const struct event *own = event_before(thread), *before = event_begun_by(thread, own);
    event->hb = before ? before->hb : &clock_zero;
    event->prefix = before ? before->prefix : &clock_zero;
    event->pending = own ? own->pending : &clock_zero;
    event->release_fence = own ? own->release_fence : NULL;
    if (event->rf && !clock_knows(event->prefix, event->thread, event->rf))
        event->prefix = joined_with(graph, event->prefix, event->rf, event->rf->prefix);
    event->stays = event->prefix;
    if (graph->symmetric)
        stays_clock(graph, event, before ? before->stays : &clock_zero);
    if (event->kind == ACTION_SPAWN)
        spawn_clocks(graph, event);
    if (graph->model != EXPLORE_RC11) {
        if (graph->mixed)
            strong_clocks(graph, event);
        else
            event->hb = event->prefix;
        return;
    }
    if (event->kind == ACTION_JOIN) {
        event->hb = joined_with(graph, event->hb, event->rf, event->rf->hb);
    } else if (event->kind == ACTION_FENCE) {
        fence_clocks(graph, event);
    } else if (event->flags & EVENT_ATOMIC) {
        if (event->flags & EVENT_READS)
            read_clocks(graph, event);
        if (event->flags & EVENT_WRITES)
            write_clocks(graph, event);
    }
}
