/* SPDX-License-Identifier: MIT */
/* races: see races.h. */
#include "graph/races.h"

#include "graph/byte_parts.h"
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

static int touches(const struct event *atomic, uint32_t part) {
    return !atomic->location->mixed || (atomic->node->part & part);
}

/* Which bytes of the location a plain access to these bytes of the cell touches. */
static uint32_t part_of_cell(const struct location *location, const struct cell *cell,
                             uint8_t mask) {
    uintptr_t base = cell->granule << 3;
    if (!location->mixed)
        return part_whole(location);
    return base >= location->address ? (uint32_t)mask << (base - location->address)
                                     : (uint32_t)mask >> (location->address - base);
}

/* Atomic accesses to these bytes of the location that a plain access is not ordered after. */
static const struct event *location_race(const struct location *location, uint32_t part,
                                         const struct event *event, int writes) {
    const struct event *first = NULL;
    for (size_t i = location->mo_count; i-- > 0;) {
        const struct event *write = location->mo[i];
        if (writes)
            for (const struct event *reader = write->readers; reader;
                 reader = reader->next_reader)
                if (touches(reader, part) && !happens_before(reader, event))
                    first = earlier(first, reader);
        if (write->flags & EVENT_BASE) {
            if (location->mixed)
                continue;
            break;
        }
        if (i && touches(write, part) && !happens_before(write, event))
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
                first = earlier(first,
                                location_race(placed->location,
                                              part_of_cell(placed->location, cell, mask),
                                              event, writes));
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
        uintptr_t address = location->address + event->node->shift;
        if (address + event->node->size <= cell->granule << 3 ||
            address >= (cell->granule + 1) << 3)
            continue; /* the other half of 16 bytes */
        uint8_t mask = cell_mask(cell, address, event->node->size);
        const struct event *race =
            cell_race(cell, mask, event, event->flags & EVENT_WRITES);
        if (race)
            return race;
    }
    return NULL;
}

const struct event *race_fresh(const struct event *event) {
    const struct event *write = event->rf;
    uint32_t part = event->node->carries ? 0 : event->node->part;
    while (write && part) {
        if ((byte_parts_of(write) & part) && write->kind == ACTION_ALLOC)
            return write->rf;
        part &= ~byte_parts_of(write);
        write = byte_parts_before(write);
    }
    return NULL;
}

static int was_written_atomically(const struct location *location, uint32_t part) {
    size_t last = location->mo_count - 1;
    if (!location->mixed)
        return last && !(location->mo[last]->flags & EVENT_BASE);
    for (; last; last--)
        if (!(location->mo[last]->flags & EVENT_BASE) &&
            touches(location->mo[last], part))
            return 1;
    return 0;
}

static int was_atomic(const struct cell *cell, uint8_t mask) {
    for (const struct placed *placed = cell->placed; placed; placed = placed->next) {
        const struct location *location = placed->location;
        if ((placed->mask & mask) &&
            was_written_atomically(location, part_of_cell(location, cell, mask)))
            return 1;
    }
    return 0;
}

/* What realloc read when it wrote this; NULL: it is another write. */
static const struct event *moved_from(const struct graph *graph,
                                      const struct event *write) {
    if (write->kind != ACTION_WRITE || !(write->node->action.flags & ACTION_MOVES))
        return NULL;
    const struct event *read = graph->threads[write->thread].events[write->index - 1];
    return read->node->action.flags & ACTION_MOVES ? read : NULL;
}

/* Blocks begin at multiples of a cell: what was moved lies at the same place in its own. */
static const struct cell *cell_moved_from(const struct event *read,
                                          const struct event *write,
                                          const struct cell *cell) {
    uintptr_t at = cell->granule - (write->node->action.address >> 3);
    return at < read->node->cell_count ? read->node->cells[at] : NULL;
}

/* The allocation that all these bytes come from as the reader (NULL: who comes last) finds them. */
static const struct event *never_written(const struct graph *graph,
                                         const struct cell *cell, uint8_t mask,
                                         const struct event *reader) {
    const struct event *allocation = NULL;
    const struct record *record = cell ? cell->newest : NULL;

    if (!record || was_atomic(cell, mask))
        return NULL;
    if (!record->writes)
        record = record->older_write;
    for (; record && mask; record = record->older_write) {
        const struct event *write = record->event;
        uint8_t shared = record->mask & mask;
        if (!shared || (reader && !happens_before(write, reader)))
            continue;
        allocation = write;
        if (write->kind != ACTION_ALLOC) {
            const struct event *read = moved_from(graph, write);
            allocation = read ? never_written(graph, cell_moved_from(read, write, cell),
                                              shared, read)
                              : NULL;
        }
        if (!allocation)
            return NULL;
        mask &= (uint8_t)~shared;
    }
    return mask ? NULL : allocation;
}

const struct event *race_uninitialised(const struct graph *graph,
                                       const struct event *event) {
    const struct action *action = &event->node->action;
    const struct event *allocation = NULL;

    if (action->length > 16)
        return NULL; /* a copy may take padding along */
    for (uint32_t i = 0; i < event->node->cell_count; i++) {
        const struct cell *cell = event->node->cells[i];
        uint8_t mask = cell_mask(cell, action->address, action->length);
        allocation = never_written(graph, cell, mask, NULL);
        if (!allocation)
            return NULL;
    }
    return allocation;
}
