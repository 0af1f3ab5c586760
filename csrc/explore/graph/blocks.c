/* SPDX-License-Identifier: MIT */
#include "graph/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "graph/array.h"
#include "graph/cells.h"
#include "graph/node.h"

/* Position of the first block above the address. */
static size_t block_above(const struct memory *memory, uintptr_t address) {
    size_t low = 0, high = memory->block_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memory->blocks[middle]->address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct block *block_at(struct memory *memory, uintptr_t address) {
    size_t above = block_above(memory, address);
    if (above && memory->blocks[above - 1]->address == address)
        return memory->blocks[above - 1];
    memory->blocks =
        array_grown(memory->arena.panic, memory->blocks, &memory->block_capacity,
                    memory->block_count + 1, sizeof(struct block *));
    memmove(&memory->blocks[above + 1], &memory->blocks[above],
            (memory->block_count++ - above) * sizeof(struct block *));
    struct block *block = arena_take_zeroed(&memory->arena, sizeof *block);
    block->address = address;
    return memory->blocks[above] = block;
}

void block_link(struct memory *memory, struct event *event) {
    if (!event->block)
        event->block = block_at(memory, event->node->action.address);
    event->next_reader = event->block->newest;
    event->block->newest = event;
}

void block_unlink(struct event *event) {
    struct event **link = &event->block->newest;
    while (*link != event)
        link = &(*link)->next_reader;
    *link = event->next_reader;
}

/* --- judgement ---------------------------------------------------------------------------- */

static const struct event *allocation_of(const struct event *newest) {
    while (newest && newest->kind != ACTION_ALLOC)
        newest = newest->next_reader;
    return newest;
}

static struct judgement wrong(enum explore_failure_kind kind, const char *message,
                              const struct event *partner, const struct event *origin) {
    return (struct judgement){kind, message, partner, origin == partner ? NULL : origin};
}

/* The block whose bytes, or the gap behind them, the address lies in. */
static const struct block *block_near(const struct memory *memory, uintptr_t address) {
    size_t above = block_above(memory, address);
    while (above-- > 0)
        if (memory->blocks[above]->newest)
            return memory->blocks[above];
    return NULL;
}

struct judgement block_judge_access(const struct memory *memory,
                                    const struct event *event, uintptr_t address,
                                    size_t length) {
    static const struct judgement fine = {FAILURE_NONE, NULL, NULL, NULL};
    if (!length || address < memory->heap_begin || address >= memory->heap_end)
        return fine;
    const struct block *block = block_near(memory, address);
    const struct event *allocation = block ? allocation_of(block->newest) : NULL;
    if (!allocation)
        return wrong(FAILURE_OUT_OF_BOUNDS,
                     "an access to heap memory that is in no block", NULL, NULL);
    if (address + length > block->address + allocation->node->action.length)
        return wrong(FAILURE_OUT_OF_BOUNDS, "an access outside a block of the heap",
                     allocation, NULL);
    for (const struct event *at = block->newest; at; at = at->next_reader)
        if (at->kind == ACTION_FREE &&
            (at == block->newest || !happens_before(at, event)))
            return wrong(FAILURE_USE_AFTER_FREE, "an access to a block that is freed", at,
                         allocation);
    return fine;
}

static const struct event *unordered_in_cell(const struct cell *cell,
                                             const struct event *event,
                                             const struct event *allocation) {
    for (const struct record *at = cell->newest; at && at->event != allocation;
         at = at->older)
        if (!happens_before(at->event, event))
            return at->event;
    for (const struct placed *placed = cell->placed; placed; placed = placed->next) {
        const struct location *location = placed->location;
        for (size_t mo = location->mo_count; mo-- > 0;) {
            const struct event *write = location->mo[mo];
            for (const struct event *read = write->readers; read;
                 read = read->next_reader)
                if (!happens_before(read, event))
                    return read;
            if (write->flags & EVENT_BASE)
                break;
            if (mo && !happens_before(write, event))
                return write;
        }
    }
    return NULL;
}

/* Of a block that is too large to have its cells listed: look at all cells that there are. */
static const struct event *unordered_in_range(const struct memory *memory,
                                              const struct event *event,
                                              const struct event *allocation) {
    uintptr_t first = allocation->node->action.address >> 3;
    uintptr_t end = first + ((allocation->node->action.length + 7) >> 3);
    for (size_t i = 0; i < memory->bucket_count; i++)
        for (const struct cell *cell = memory->buckets[i]; cell; cell = cell->next) {
            if (cell->granule < first || cell->granule >= end)
                continue;
            const struct event *use = unordered_in_cell(cell, event, allocation);
            if (use && !happens_before(use, allocation))
                return use;
        }
    return NULL;
}

static const struct event *unordered_use(const struct memory *memory,
                                         const struct event *event,
                                         const struct event *allocation) {
    const struct node *node = allocation->node;
    if (node->action.length > BLOCK_TRACKED_BYTES)
        return unordered_in_range(memory, event, allocation);
    for (uint32_t i = 0; i < node->cell_count; i++) {
        const struct event *use = unordered_in_cell(node->cells[i], event, allocation);
        if (use)
            return use;
    }
    return NULL;
}

struct judgement block_judge_free(const struct memory *memory,
                                  const struct event *event) {
    static const struct judgement fine = {FAILURE_NONE, NULL, NULL, NULL};
    uintptr_t address = event->node->action.address;
    size_t above = block_above(memory, address);
    const struct block *block = above ? memory->blocks[above - 1] : NULL;
    if (!address)
        return fine;
    if (!block || block->address != address || !block->newest)
        return wrong(FAILURE_INVALID_FREE, "free of an address that was not allocated",
                     NULL, NULL);
    const struct event *allocation = allocation_of(block->newest);
    if (block->newest->kind == ACTION_FREE)
        return wrong(FAILURE_DOUBLE_FREE, "a block is freed twice", block->newest,
                     allocation);
    const struct event *use = unordered_use(memory, event, allocation);
    if (use)
        return wrong(FAILURE_USE_AFTER_FREE,
                     "a block is freed while another thread may still use it", use,
                     allocation);
    return fine;
}

const struct event *block_left(const struct memory *memory, size_t *from) {
    while (*from < memory->block_count) {
        const struct event *newest = memory->blocks[(*from)++]->newest;
        if (newest && newest->kind == ACTION_ALLOC)
            return newest;
    }
    return NULL;
}
