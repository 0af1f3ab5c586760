/* SPDX-License-Identifier: MIT */
/* races: see races.h. */
#include "graph/races.h"

#include "graph/cells.h"
#include "graph/node.h"

/* Of several accesses that race the first one is told: what comes after it follows from it. */
static const struct event *earlier(const struct event *a, const struct event *b) {
    return !a || (b && b->stamp < a->stamp) ? b : a;
}

static const struct event *cell_race(const struct cell *cell, uint8_t mask,
                                     const struct event *event, int writes) {
    const struct event *first = NULL;
    const struct record *record = cell->newest;
    if (record && !writes && !record->writes)
        record = record->older_write;
    while (record && mask) {
        if (record->mask & mask) {
            if (record->event->kind != ACTION_ALLOC &&
                !happens_before(record->event, event))
                first = earlier(first, record->event);
            else if (record->writes)
                mask &= (uint8_t)~record->mask;
        }
        record = writes ? record->older : record->older_write;
    }
    return first;
}

/* Atomic accesses of the location that a plain access is not ordered after. */
static const struct event *location_race(const struct location *location,
                                         const struct event *event, int writes) {
    const struct event *first = NULL;
    for (size_t i = location->mo_count; i-- > 0;) {
        const struct event *write = location->mo[i];
        if (writes)
            for (const struct event *reader = write->readers; reader;
                 reader = reader->next_reader)
                if (!happens_before(reader, event))
                    first = earlier(first, reader);
        if (write->flags & EVENT_BASE)
            break;
        if (i && !happens_before(write, event))
            first = earlier(first, write);
    }
    return first;
}

const struct event *race_plain(const struct event *event) {
    const struct action *action = &event->node->action;
    const struct event *first = NULL;
    int writes = event->kind == ACTION_WRITE;
    for (uint32_t i = 0; i < event->node->cell_count; i++) {
        const struct cell *cell = event->node->cells[i];
        if (!cell->newest && !cell->placed)
            continue;
        uint8_t mask = cell_mask(cell, action->address, action->length);
        first = earlier(first, cell_race(cell, mask, event, writes));
        for (const struct placed *placed = cell->placed; placed; placed = placed->next)
            if (placed->mask & mask)
                first = earlier(first, location_race(placed->location, event, writes));
    }
    return first;
}

/* Under sc and tso reading orders, also of what an ordinary access wrote; but that read is the race. */
static const struct event *source_race(const struct graph *graph,
                                       const struct event *event) {
    const struct event *source = event->rf;
    if (graph->model == EXPLORE_RC11 || !(event->flags & EVENT_READS) ||
        !(source->flags & EVENT_BASE) || source->kind != ACTION_WRITE)
        return NULL;
    const struct thread *thread = &graph->threads[event->thread];
    const struct event *own = event->index ? thread->events[event->index - 1] : NULL;
    const struct event *before = event_begun_by(thread, own);
    const struct clock *known = before ? before->hb : &clock_zero;
    return clock_knows(known, event->thread, source) ? NULL : source->rf;
}

const struct event *race_atomic(const struct graph *graph, const struct event *event) {
    const struct location *location = event->location;
    const struct event *unordered = source_race(graph, event);
    if (unordered)
        return unordered;
    for (int i = 0; i < 2 && location->cell[i]; i++) {
        const struct cell *cell = location->cell[i];
        if (!cell->newest)
            continue;
        uint8_t mask = cell_mask(cell, location->address, location->size);
        const struct event *race =
            cell_race(cell, mask, event, event->flags & EVENT_WRITES);
        if (race)
            return race;
    }
    return NULL;
}

/* An access to the location that is not ordered before the event. */
static const struct event *location_unordered(const struct location *location,
                                              const struct event *event) {
    for (size_t mo = location->mo_count; mo-- > 0;) {
        const struct event *write = location->mo[mo];
        for (const struct event *read = write->readers; read; read = read->next_reader)
            if (!happens_before(read, event))
                return read;
        int ordered = happens_before(write, event);
        if (write->flags & EVENT_BASE) {
            if (ordered)
                break;
        } else if (mo && !ordered) {
            return write;
        }
    }
    return NULL;
}

const struct event *race_overlap(const struct event *event) {
    const struct location *location = event->location;
    if (!location->mixed)
        return NULL;
    for (int i = 0; i < 2 && location->cell[i]; i++) {
        uint8_t mask = cell_mask(location->cell[i], location->address, location->size);
        for (const struct placed *placed = location->cell[i]->placed; placed;
             placed = placed->next) {
            if (placed->location == location || !(placed->mask & mask))
                continue;
            const struct event *other = location_unordered(placed->location, event);
            if (other)
                return other;
        }
    }
    return NULL;
}

const struct event *race_uninitialised(const struct event *event) {
    const struct action *action = &event->node->action;
    const struct event *allocation = NULL;
    if (action->length > 16)
        return NULL; /* a copy may take padding along */
    for (uint32_t i = 0; i < event->node->cell_count; i++) {
        const struct cell *cell = event->node->cells[i];
        uint8_t mask = cell_mask(cell, action->address, action->length);
        for (const struct placed *placed = cell->placed; placed; placed = placed->next) {
            const struct location *location = placed->location;
            if ((placed->mask & mask) && location->mo_count > 1 &&
                !(location->mo[location->mo_count - 1]->flags & EVENT_BASE))
                return NULL;
        }
        const struct record *record = cell->newest;
        if (record && !record->writes)
            record = record->older_write;
        for (; record && mask; record = record->older_write) {
            if (!(record->mask & mask))
                continue;
            if (record->event->kind != ACTION_ALLOC)
                return NULL;
            allocation = record->event;
            mask &= (uint8_t)~record->mask;
        }
        if (mask)
            return NULL;
    }
    return allocation;
}
