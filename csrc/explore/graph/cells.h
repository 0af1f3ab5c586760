/* SPDX-License-Identifier: MIT */
/*
 * cells: the program's memory as the search knows it, 8 bytes a cell, kept for the whole search.
 *
 * Shape     A cell has the records of the linked plain accesses to it, newest first, and the atomic
 *           locations that overlap it. The table of them, the blocks of the heap and the entries of
 *           plain writes in mo are one struct memory.
 */
#ifndef EXPLORE_CELLS_H
#define EXPLORE_CELLS_H

#include "graph/event.h"

struct record {
    struct event *event;
    struct record *older;       /* same cell */
    struct record *older_write; /* the next older one that writes */
    struct record *sibling;     /* same event */
    struct cell *cell;
    uint8_t mask; /* bytes of the cell */
    uint8_t writes;
};

struct placed {
    struct placed *next;
    struct location *location;
    uint8_t mask;
};

struct cell {
    uintptr_t granule; /* address / 8 */
    struct cell *next; /* same bucket */
    struct record *newest;
    struct placed *placed;
};

struct base_owner {
    struct event *event;
    size_t made; /* which of graph.made */
};

struct memory {
    struct cell **buckets;
    size_t bucket_count, cell_count;
    struct arena arena; /* cells, kept */
    struct event *spare_bases;
    struct base_owner
        *owners; /* events with entries in mo, in the order they were made */
    size_t owner_count, owner_capacity;
    struct block **blocks; /* by address */
    size_t block_count, block_capacity;
    uintptr_t heap_begin, heap_end;
};

/* Which bytes of the cell the range covers. */
static inline uint8_t cell_mask(const struct cell *cell, uintptr_t address,
                                size_t length) {
    uintptr_t base = cell->granule << 3;
    uintptr_t from = address > base ? address - base : 0;
    uintptr_t end = address + length - base;
    if (end > 8)
        end = 8;
    return (uint8_t)(((1u << end) - 1u) & ~((1u << from) - 1u));
}

void cells_init(struct memory *memory, jmp_buf *panic);
void cells_free(struct memory *memory);

struct cell *cell_at(struct memory *memory, uintptr_t granule);
/* Those that the range touches, in memory of the arena. */
struct cell **cells_of(struct memory *memory, struct arena *arena, uintptr_t address,
                       size_t length, uint32_t *count);

#endif
