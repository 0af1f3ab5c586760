/* SPDX-License-Identifier: MIT */
/* bases: see bases.h. */
#include "graph/bases.h"

#include <string.h>

#include "graph/array.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/mo.h"
#include "graph/node.h"

/* The event has an entry now: remembered until the event itself is gone. */
static void owner_note(struct memory *memory, const struct graph *graph,
                       struct event *event) {
    size_t made = graph->made_count - 1;
    while (graph->made[made] != event)
        made--;
    memory->owners =
        array_grown(memory->arena.panic, memory->owners, &memory->owner_capacity,
                    memory->owner_count + 1, sizeof *memory->owners);
    size_t at = memory->owner_count++;
    for (; at && memory->owners[at - 1].made > made; at--)
        memory->owners[at] = memory->owners[at - 1];
    memory->owners[at] = (struct base_owner){event, made};
}

static struct event *base_make(struct memory *memory, const struct graph *graph,
                               struct location *location, struct event *event) {
    struct event *base = memory->spare_bases;
    if (base)
        memory->spare_bases = base->covers;
    else
        base = arena_take(&memory->arena, sizeof *base);
    if (!event->bases)
        owner_note(memory, graph, event);
    memset(base, 0, sizeof *base);
    base->rf = event;
    base->location = location;
    location->has_bases = 1;
    base->thread = event->thread;
    base->index = event->index;
    base->stamp = event->stamp;
    base->kind = event->kind;
    base->flags = EVENT_WRITES | EVENT_BASE;
    base->hb = event->hb;
    base->prefix = event->prefix;
    base->stays = event->stays;
    base->pending = base->message = &clock_zero;
    base->covers = event->bases;
    return event->bases = base;
}

/* Behind all that it comes after. Writes to other parts that nothing orders with it go behind it, so
   that whoever comes after it may see them or not. */
static uint32_t base_position(const struct location *location,
                              const struct event *event) {
    if (!location->mixed)
        return (uint32_t)location->mo_count;
    return part_top(location, mo_floor(location, event->thread, event->hb)) + 1;
}

void base_add(struct memory *memory, struct graph *graph, struct location *location,
              struct event *event) {
    struct event *base = event->bases;
    while (base && base->location != location)
        base = base->covers;
    if (!base)
        base = base_make(memory, graph, location, event);
    else if (base->succeeded)
        return;
    base->succeeded = 1;
    mo_insert(graph, location, base, base_position(location, event));
}

void bases_remove(struct event *event) {
    for (struct event *base = event->bases; base; base = base->covers) {
        if (base->succeeded)
            mo_remove(base->location, base);
        base->succeeded = 0;
    }
}

void bases_return(struct memory *memory, size_t made) {
    while (memory->owner_count && memory->owners[memory->owner_count - 1].made >= made) {
        struct event *event = memory->owners[--memory->owner_count].event;
        while (event->bases) {
            struct event *base = event->bases;
            event->bases = base->covers;
            arena_poison(base, sizeof *base);
            base->covers = memory->spare_bases;
            memory->spare_bases = base;
        }
    }
}

static void place_records(struct memory *memory, struct graph *graph,
                          struct location *location, struct record *record,
                          uint8_t mask) {
    if (!record)
        return;
    place_records(memory, graph, location, record->older_write, mask);
    if (record->writes && (record->mask & mask))
        base_add(memory, graph, location, record->event);
}

void base_place(struct memory *memory, struct graph *graph, struct location *location) {
    uintptr_t first = location->address >> 3;
    uintptr_t last = (location->address + location->size - 1) >> 3;
    for (uintptr_t granule = first; granule <= last; granule++) {
        struct cell *cell = cell_at(memory, granule);
        uint8_t mask = cell_mask(cell, location->address, location->size);
        struct placed *placed = arena_take_zeroed(&memory->arena, sizeof *placed);
        placed->location = location;
        placed->mask = mask;
        placed->next = cell->placed;
        cell->placed = placed;
        location->cell[granule - first] = cell;
        place_records(memory, graph, location, cell->newest, mask);
    }
}

/* Each byte from the last write to it up to this one. */
static void value_of_parts(const struct event *write, uint64_t value[2]) {
    const struct location *location = write->location;
    uint32_t needed = part_whole(location);
    unsigned char *bytes = (unsigned char *)value;
    for (uint32_t mo = write->mo; needed; mo--) {
        const struct event *from = location->mo[mo];
        uint32_t own = byte_parts_of(from) & needed;
        needed &= ~own;
        const unsigned char *given = (const unsigned char *)from->written;
        uintptr_t first = location->address;
        if (from->flags & EVENT_BASE) {
            given = base_bytes(from).bytes;
            first = base_bytes(from).address;
        }
        for (uint32_t i = 0; own && given; i++, own >>= 1)
            if (own & 1)
                bytes[i] = given[location->address + i - first];
    }
}

void base_value(struct event *write, uint64_t value[2]) {
    struct location *location = write->location;
    value[0] = value[1] = 0;
    if (location->mixed) {
        value_of_parts(write, value);
        return;
    }
    if (!(write->flags & EVENT_BASE)) {
        value[0] = write->written[0];
        value[1] = write->written[1];
        return;
    }
    struct base_bytes base = base_bytes(write);
    base_value(location->mo[write->mo - 1], value);
    if (!base.bytes)
        return;
    unsigned char bytes[16];
    memcpy(bytes, value, 16);
    for (uint32_t i = 0; i < location->size; i++) {
        uintptr_t at = location->address + i;
        if (at >= base.address && at - base.address < base.length)
            bytes[i] = base.bytes[at - base.address];
    }
    memcpy(value, bytes, 16);
}
