/* SPDX-License-Identifier: MIT */
/* heap: see heap.h. */
#define _GNU_SOURCE
#include "program/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { GRAIN = 16, SMALL_CLASSES = 64, SMALL_BYTES = GRAIN * SMALL_CLASSES };

bool heap_open(struct heap *heap) {
    size_t bytes = LAYOUT_HEAP_END - LAYOUT_HEAP;
    void *place =
        mmap((void *)LAYOUT_HEAP, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (place != (void *)LAYOUT_HEAP)
        return false;
    memset(heap, 0, sizeof *heap);
    for (uint32_t i = 0; i < LAYOUT_THREADS; i++)
        heap->arenas[i].start = heap->arenas[i].next = layout_arena(i) + GRAIN;
    return true;
}

void heap_reset(struct heap *heap) {
    for (uint32_t i = 0; i < LAYOUT_THREADS; i++) {
        struct heap_arena *arena = &heap->arenas[i];
        arena->next = arena->start;
        arena->block_count = 0;
        arena->allocations = 0;
        if (arena->has_free)
            memset(arena->free, 0, sizeof arena->free);
        arena->has_free = false;
    }
}

/* Small sizes share a class with those that round to the same multiple of 16, large ones with
 * those that round to the same power of two. */
static size_t round_up(size_t length) {
    if (length <= SMALL_BYTES)
        return length ? (length + GRAIN - 1) & ~(size_t)(GRAIN - 1) : GRAIN;
    return (size_t)1 << (64 - __builtin_clzl(length - 1));
}

static unsigned class_of(size_t capacity) {
    if (capacity <= SMALL_BYTES)
        return (unsigned)(capacity / GRAIN - 1);
    return SMALL_CLASSES + (unsigned)(63 - __builtin_clzl(capacity)) - 10;
}

static struct block *by_reference(struct heap *heap, uint64_t reference) {
    return &heap->arenas[reference >> 32].blocks[(uint32_t)reference - 1];
}

static struct block *new_block(struct heap_arena *arena) {
    if (arena->block_count == arena->block_capacity) {
        arena->block_capacity = arena->block_capacity ? 2 * arena->block_capacity : 64;
        arena->blocks =
            realloc(arena->blocks, arena->block_capacity * sizeof *arena->blocks);
        if (!arena->blocks)
            abort();
    }
    return &arena->blocks[arena->block_count++];
}

static struct block *carve(struct heap_arena *arena, size_t capacity, size_t alignment) {
    uintptr_t start = (arena->next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    uintptr_t limit = (arena->start & ~(LAYOUT_ARENA_BYTES - 1)) + LAYOUT_ARENA_BYTES;

    if (start < arena->next || capacity > LAYOUT_ARENA_BYTES ||
        start + capacity + HEAP_GAP > limit)
        return NULL;
    arena->next = start + capacity + HEAP_GAP;
    struct block *block = new_block(arena);
    block->start = start;
    block->capacity = capacity;
    return block;
}

void *heap_take(struct heap *heap, uint32_t thread, size_t length, size_t alignment) {
    struct heap_arena *arena = &heap->arenas[thread];
    struct block *block = NULL;

    if (length > LAYOUT_ARENA_BYTES)
        return NULL;
    size_t capacity = round_up(length);
    uint64_t reference = arena->free[class_of(capacity)];
    if (reference) {
        block = by_reference(heap, reference);
        if (block->start & (alignment - 1))
            block = NULL;
        else
            arena->free[class_of(capacity)] = block->next;
    }
    if (!block)
        block = carve(arena, capacity, alignment < GRAIN ? GRAIN : alignment);
    if (!block)
        return NULL;
    block->length = length;
    block->ordinal = ++arena->allocations;
    block->owner = thread;
    block->next = 0;
    block->is_free = block->is_mapped = false;
    memset((void *)block->start, HEAP_FRESH, length);
    return (void *)block->start;
}

static struct block *last_not_above(struct heap_arena *arena, uintptr_t address) {
    uint32_t low = 0;
    uint32_t high = arena->block_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (arena->blocks[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &arena->blocks[low - 1] : NULL;
}

struct block *heap_covering(struct heap *heap, uintptr_t address) {
    if (!layout_is_heap(address))
        return NULL;
    struct heap_arena *arena =
        &heap->arenas[(address - LAYOUT_HEAP) / LAYOUT_ARENA_BYTES];
    struct block *block = last_not_above(arena, address);
    return block && address < block->start + block->capacity + HEAP_GAP ? block : NULL;
}

struct block *heap_block(struct heap *heap, uintptr_t address) {
    struct block *block = heap_covering(heap, address);
    return block && block->start == address ? block : NULL;
}

void heap_give_back(struct heap *heap, uint32_t thread, struct block *block) {
    struct heap_arena *arena = &heap->arenas[thread];
    uint64_t home = (block->start - LAYOUT_HEAP) / LAYOUT_ARENA_BYTES;
    uint64_t index = (uint64_t)(block - heap->arenas[home].blocks) + 1;
    unsigned class = class_of(block->capacity);

    block->is_free = true;
    block->next = arena->free[class];
    arena->free[class] = home << 32 | index;
    arena->has_free = true;
}
