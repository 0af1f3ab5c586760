/* SPDX-License-Identifier: MIT */
/* memory: see memory.h. */
#include "graph/memory.h"

#include "graph/bases.h"
#include "graph/blocks.h"
#include "graph/cells.h"
#include "graph/node.h"

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
    if (node_is_look(node))
        return; /* it races with nobody */
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

void memory_unlink(struct event *event) {
    if (event->kind == ACTION_ALLOC || event->kind == ACTION_FREE)
        block_unlink(event);
    bases_remove(event);
    for (struct record *record = event->records; record; record = record->sibling)
        record_remove(record);
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
        if (!shared || location->mo_count == 1 || base_is_whole(last))
            continue;
        mask &= (uint8_t)~shared;
        if (last->thread == event->thread && !location->mixed &&
            !(last->flags & EVENT_BASE))
            continue;
        uint64_t value[2];
        base_value(last, value);
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
