/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "behaviour.h"
#include "blocks.h"

void memory_init(struct memory *memory, jmp_buf *panic) {
    memset(memory, 0, sizeof *memory);
    arena_init(&memory->arena, panic);
}

void memory_free(struct memory *memory) {
    free(memory->buckets);
    free(memory->blocks);
    arena_free(&memory->arena);
}

/* --- cells -------------------------------------------------------------------------------- */

static size_t cell_bucket(const struct memory *memory, uintptr_t granule) {
    return (size_t)(((uint64_t)granule * 0x9E3779B97F4A7C15u) >> 24) &
           (memory->bucket_count - 1);
}

static void cells_rehash(struct memory *memory) {
    size_t before = memory->bucket_count;
    struct cell **old = memory->buckets;
    memory->bucket_count = before ? before * 2 : 256;
    memory->buckets = calloc(memory->bucket_count, sizeof(struct cell *));
    if (!memory->buckets)
        longjmp(*memory->arena.panic, 1);
    for (size_t i = 0; i < before; i++) {
        while (old[i]) {
            struct cell *cell = old[i];
            old[i] = cell->next;
            struct cell **bucket = &memory->buckets[cell_bucket(memory, cell->granule)];
            cell->next = *bucket;
            *bucket = cell;
        }
    }
    free(old);
}

static struct cell *memory_cell(struct memory *memory, uintptr_t granule) {
    if (memory->cell_count >= memory->bucket_count)
        cells_rehash(memory);
    struct cell **bucket = &memory->buckets[cell_bucket(memory, granule)];
    for (struct cell *cell = *bucket; cell; cell = cell->next)
        if (cell->granule == granule)
            return cell;
    struct cell *cell = arena_take_zeroed(&memory->arena, sizeof *cell);
    cell->granule = granule;
    cell->next = *bucket;
    *bucket = cell;
    memory->cell_count++;
    return cell;
}

struct cell **memory_cells(struct memory *memory, struct arena *arena, uintptr_t address,
                           size_t length, uint32_t *count) {
    *count = 0;
    if (!length)
        return NULL;
    uintptr_t first = address >> 3, last = (address + length - 1) >> 3;
    struct cell **cells = arena_take(arena, (last - first + 1) * sizeof(struct cell *));
    for (uintptr_t granule = first; granule <= last; granule++)
        cells[(*count)++] = memory_cell(memory, granule);
    return cells;
}

/* Which bytes of the cell the range covers. */
static uint8_t cell_mask(const struct cell *cell, uintptr_t address, size_t length) {
    uintptr_t base = cell->granule << 3;
    uintptr_t from = address > base ? address - base : 0;
    uintptr_t end = address + length - base;
    if (end > 8)
        end = 8;
    return (uint8_t)(((1u << end) - 1u) & ~((1u << from) - 1u));
}

/* --- plain writes in the mo of atomic locations ------------------------------------------- */

/* Behind everything, but before the next one of the writes to the location it comes from. */
static uint32_t base_position(const struct location *location,
                              const struct event *event) {
    if (event->flags & EVENT_ATOMIC)
        for (size_t mo = event->mo + 1u; mo < event->location->mo_count; mo++)
            for (const struct event *base = event->location->mo[mo]->bases; base;
                 base = base->covers)
                if (base->location == location)
                    return base->mo;
    return (uint32_t)location->mo_count;
}

static void base_add(struct memory *memory, struct graph *graph,
                     struct location *location, struct event *event) {
    for (struct event *base = event->bases; base; base = base->covers)
        if (base->location == location)
            return;
    struct event *base = memory->spare_bases;
    if (base)
        memory->spare_bases = base->covers;
    else
        base = arena_take(&memory->arena, sizeof *base);
    memset(base, 0, sizeof *base);
    base->rf = event;
    base->location = location;
    base->thread = event->thread;
    base->index = event->index;
    base->stamp = event->stamp;
    base->kind = event->kind;
    base->flags = EVENT_WRITES | EVENT_BASE;
    base->hb = event->hb;
    base->prefix = event->prefix;
    base->pending = base->message = &clock_zero;
    base->covers = event->bases;
    event->bases = base;
    mo_insert(graph, location, base, base_position(location, event));
}

static void bases_remove(struct memory *memory, struct event *event) {
    while (event->bases) {
        struct event *base = event->bases;
        event->bases = base->covers;
        mo_remove(base->location, base);
        base->covers = memory->spare_bases;
        memory->spare_bases = base;
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

/* Earlier accesses of another size count as writes to the new location, in their order. */
static void place_others(struct memory *memory, struct graph *graph,
                         struct location *location, const struct cell *cell,
                         uint8_t mask) {
    for (struct placed *placed = cell->placed; placed; placed = placed->next) {
        struct location *other = placed->location;
        if (other == location || !(placed->mask & mask))
            continue;
        other->mixed = location->mixed = 1;
        for (size_t mo = 1; mo < other->mo_count; mo++) {
            struct event *write = other->mo[mo];
            base_add(memory, graph, location,
                     write->flags & EVENT_BASE ? write->rf : write);
        }
    }
}

void memory_place(struct memory *memory, struct graph *graph, struct location *location) {
    uintptr_t first = location->address >> 3;
    uintptr_t last = (location->address + location->size - 1) >> 3;
    for (uintptr_t granule = first; granule <= last; granule++) {
        struct cell *cell = memory_cell(memory, granule);
        uint8_t mask = cell_mask(cell, location->address, location->size);
        place_others(memory, graph, location, cell, mask);
        struct placed *placed = arena_take_zeroed(&memory->arena, sizeof *placed);
        placed->location = location;
        placed->mask = mask;
        placed->next = cell->placed;
        cell->placed = placed;
        location->cell[granule - first] = cell;
        place_records(memory, graph, location, cell->newest, mask);
    }
}

void memory_link_mixed(struct graph *graph, struct event *event) {
    const struct location *location = event->location;
    for (int i = 0; i < 2 && location->cell[i]; i++) {
        uint8_t mask = cell_mask(location->cell[i], location->address, location->size);
        for (struct placed *placed = location->cell[i]->placed; placed;
             placed = placed->next)
            if (placed->location != location && (placed->mask & mask))
                base_add(graph->memory, graph, placed->location, event);
    }
}

void memory_unlink_mixed(struct graph *graph, struct event *event) {
    bases_remove(graph->memory, event);
}

struct base_bytes base_bytes(const struct event *base) {
    const struct event *write = base->rf;
    if (write->flags & EVENT_ATOMIC)
        return (struct base_bytes){write->location->address, write->location->size,
                                   (const unsigned char *)write->written};
    const struct node *node = write->node;
    return (struct base_bytes){node->action.address, node->action.length, node->bytes};
}

void memory_value(struct event *write, uint64_t value[2]) {
    if (!(write->flags & EVENT_BASE)) {
        value[0] = write->written[0];
        value[1] = write->written[1];
        return;
    }
    struct location *location = write->location;
    struct base_bytes base = base_bytes(write);
    memory_value(location->mo[write->mo - 1], value);
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

/* --- records ------------------------------------------------------------------------------ */

static void record_add(struct graph *graph, struct event *event, struct record *record) {
    struct cell *cell = record->cell;
    record->older = cell->newest;
    record->older_write = !cell->newest          ? NULL
                          : cell->newest->writes ? cell->newest
                                                 : cell->newest->older_write;
    cell->newest = record;
    if (!record->writes)
        return;
    for (struct placed *placed = cell->placed; placed; placed = placed->next)
        if (placed->mask & record->mask)
            base_add(graph->memory, graph, placed->location, event);
}

static void record_remove(struct record *record) {
    struct record **link = &record->cell->newest;
    while (*link != record) {
        if ((*link)->older_write == record)
            (*link)->older_write = record->older_write;
        link = &(*link)->older;
    }
    *link = record->older;
}

static void records_make(struct graph *graph, struct event *event) {
    const struct node *node = event->node;
    for (uint32_t i = node->cell_count; i-- > 0;) {
        struct record *record = arena_take(&graph->arena, sizeof *record);
        record->event = event;
        record->cell = node->cells[i];
        record->mask = cell_mask(record->cell, node->action.address, node->action.length);
        record->writes = event->kind != ACTION_READ;
        record->sibling = event->records;
        event->records = record;
    }
}

void memory_link(struct graph *graph, struct event *event) {
    if (event->kind == ACTION_ALLOC || event->kind == ACTION_FREE)
        block_link(graph->memory, event);
    if (!event->records)
        records_make(graph, event);
    for (struct record *record = event->records; record; record = record->sibling)
        record_add(graph, event, record);
}

void memory_unlink(struct graph *graph, struct event *event) {
    if (event->kind == ACTION_ALLOC || event->kind == ACTION_FREE)
        block_unlink(event);
    bases_remove(graph->memory, event);
    for (struct record *record = event->records; record; record = record->sibling)
        record_remove(record);
}

/* --- races -------------------------------------------------------------------------------- */

static const struct event *cell_race(const struct cell *cell, uint8_t mask,
                                     const struct event *event, int writes) {
    const struct record *record = cell->newest;
    if (record && !writes && !record->writes)
        record = record->older_write;
    while (record && mask) {
        if (record->mask & mask) {
            if (record->event->kind != ACTION_ALLOC &&
                !happens_before(record->event, event))
                return record->event;
            if (record->writes)
                mask &= (uint8_t)~record->mask;
        }
        record = writes ? record->older : record->older_write;
    }
    return NULL;
}

/* Atomic accesses of the location that a plain access is not ordered after. */
static const struct event *location_race(const struct location *location,
                                         const struct event *event, int writes) {
    for (size_t i = location->mo_count; i-- > 0;) {
        const struct event *write = location->mo[i];
        if (writes)
            for (const struct event *reader = write->readers; reader;
                 reader = reader->next_reader)
                if (!happens_before(reader, event))
                    return reader;
        if (write->flags & EVENT_BASE)
            break;
        if (i && !happens_before(write, event))
            return write;
    }
    return NULL;
}

const struct event *memory_race(const struct event *event) {
    const struct action *action = &event->node->action;
    int writes = event->kind == ACTION_WRITE;
    for (uint32_t i = 0; i < event->node->cell_count; i++) {
        const struct cell *cell = event->node->cells[i];
        if (!cell->newest && !cell->placed)
            continue;
        uint8_t mask = cell_mask(cell, action->address, action->length);
        const struct event *race = cell_race(cell, mask, event, writes);
        for (const struct placed *placed = cell->placed; placed && !race;
             placed = placed->next)
            if (placed->mask & mask)
                race = location_race(placed->location, event, writes);
        if (race)
            return race;
    }
    return NULL;
}

const struct event *memory_atomic_race(const struct event *event) {
    const struct location *location = event->location;
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

const struct event *memory_overlap(const struct event *event) {
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

const struct event *memory_uninitialised(const struct event *event) {
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

/* --- what a plain read sees --------------------------------------------------------------- */

static void key_mix(uint64_t key[2], uint64_t bits) {
    key[0] = (key[0] ^ bits) * 0xFF51AFD7ED558CCDu;
    key[0] ^= key[0] >> 32;
    key[1] = (key[1] + bits) * 0xC4CEB9FE1A85EC53u;
    key[1] ^= key[1] >> 29;
}

static void key_bytes(uint64_t key[2], const unsigned char *bytes, uintptr_t from,
                      uintptr_t base, uint8_t mask) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++)
        if (mask >> i & 1)
            bits |= (uint64_t)bytes[base + i - from] << (8 * i);
    key_mix(key, bits);
    key_mix(key, mask);
}

static uint32_t cell_key(const struct cell *cell, uint8_t mask, const struct event *event,
                         uint64_t key[2]) {
    uint32_t foreign = 0;
    uintptr_t base = cell->granule << 3;
    for (const struct placed *placed = cell->placed; placed; placed = placed->next) {
        struct location *location = placed->location;
        struct event *last = location->mo[location->mo_count - 1];
        uint8_t shared = placed->mask & mask;
        if (!shared || location->mo_count == 1 || (last->flags & EVENT_BASE))
            continue;
        mask &= (uint8_t)~shared;
        if (last->thread == event->thread)
            continue;
        uint64_t value[2];
        memory_value(last, value);
        key_bytes(key, (const unsigned char *)value, location->address, base, shared);
        foreign = 1;
    }
    const struct record *record = cell->newest;
    if (record && !record->writes)
        record = record->older_write;
    for (; record && mask; record = record->older_write) {
        uint8_t shared = record->mask & mask;
        if (!shared)
            continue;
        mask &= (uint8_t)~shared;
        const struct node *node = record->event->node;
        if (record->event->thread == event->thread || !node->bytes)
            continue;
        key_bytes(key, node->bytes, node->action.address, base, shared);
        foreign = 1;
    }
    return foreign;
}

uint32_t memory_key(const struct event *event, uint64_t key[2]) {
    const struct action *action = &event->node->action;
    uint32_t foreign = 0;
    key[0] = key[1] = 0;
    for (uint32_t i = 0; i < event->node->cell_count; i++) {
        const struct cell *cell = event->node->cells[i];
        if (cell->newest || cell->placed)
            foreign |= cell_key(cell, cell_mask(cell, action->address, action->length),
                                event, key);
    }
    if (!foreign)
        key[0] = key[1] = 0;
    return foreign;
}
