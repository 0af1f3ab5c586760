/* SPDX-License-Identifier: MIT */
/*
 * memory: plain accesses, byte for byte: who wrote last, who races, what a read returns.
 *
 * Why       A plain access is no choice: without a race it reads the one write that happens last
 *           before it. So it needs a race check, and the value, if another thread wrote it,
 *           because the reader's behaviour depends on it.
 * Shape     Cells of 8 bytes, kept for the whole search, each with the records of linked plain
 *           accesses, newest first, and the atomic locations that overlap it. A plain write to bytes
 *           of an atomic location also stands in that location's mo (EVENT_BASE).
 * Rules     Without a race, conflicting records of a byte are ordered by happens-before and their
 *           list is a linear extension of it, in whatever order events are cut out and put back.
 */
#ifndef EXPLORE_MEMORY_H
#define EXPLORE_MEMORY_H

#include "graph/graph.h"

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

void memory_init(struct memory *memory, jmp_buf *panic);
void memory_free(struct memory *memory);

struct cell **memory_cells(struct memory *memory, struct arena *arena, uintptr_t address,
                           size_t length, uint32_t *count);
/* An atomic location comes into being: what was done to its bytes is in its mo. */
void memory_place(struct memory *memory, struct graph *graph, struct location *location);
/* A write that a location's mo must show. */
void base_add(struct memory *memory, struct graph *graph, struct location *location,
              struct event *event);
/* The event is cut out: its entries leave mo, but stay its own. */
void bases_remove(struct event *event);
/* All events made from number `made` on are gone for good, and so are their entries. */
void bases_return(struct memory *memory, size_t made);
struct cell *memory_cell(struct memory *memory, uintptr_t granule);

void memory_link(struct graph *graph, struct event *event);
void memory_unlink(struct event *event);

/* The linked event that races with this one, which is not linked itself; NULL: none. */
const struct event *memory_race(const struct event *event);
const struct event *memory_atomic_race(const struct event *event);
/* A location of another size overlaps this access, used and not ordered before it. */
const struct event *memory_overlap(const struct event *event);

/* Were all bytes of a plain read last touched by an allocation? That one; else NULL. */
const struct event *memory_uninitialised(const struct event *event);

/* The bytes a plain read gets from other threads, as a key; 0 if there are none of them. */
uint32_t memory_key(const struct event *event, uint64_t key[2]);

/* A write to a location that others of another size overlap is linked. */
void memory_link_mixed(struct graph *graph, struct event *event);

/* What an EVENT_BASE stands for; bytes NULL: not known. */
struct base_bytes {
    uintptr_t address;
    size_t length;
    const unsigned char *bytes;
};
struct base_bytes base_bytes(const struct event *base);

/* The value of a write to a location; needs the bytes of plain writes to be known. */
void memory_value(struct event *write, uint64_t value[2]);

void mo_insert(struct graph *graph, struct location *location, struct event *event,
               uint32_t position);
void mo_remove(struct location *location, const struct event *event);

#endif
