/* SPDX-License-Identifier: MIT */
/*
 * heap: the program's heap, one arena a thread.
 *
 * Why       A block's address may depend on nothing but the calling thread's own history, or a
 *           prefix of an execution would not replay at the same addresses.
 * How       A thread takes blocks from its own arena and keeps what it frees, last in, first out,
 *           by size: what real allocators do, and what the ABA problem needs.
 * Always    HEAP_GAP bytes between blocks belong to none, so one step over the edge is seen.
 *           New bytes hold HEAP_FRESH. Freed bytes keep their contents and stay mapped: whether an
 *           access is allowed is judged elsewhere, from the actions.
 */
#ifndef EXPLORE_HEAP_H
#define EXPLORE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/layout.h"

enum { HEAP_GAP = 16, HEAP_FRESH = 0xA5, HEAP_PAGE = 4096, HEAP_CLASSES = 96 };

struct block {
    uintptr_t start;
    size_t capacity;  /* fixed when carved */
    size_t length;    /* as last asked for */
    uint64_t next;    /* reference of the next free block, 0: none */
    uint32_t ordinal; /* the how-manieth allocation of its thread, from 1 */
    uint32_t owner;   /* thread that allocated it last */
    bool is_free;
    bool is_mapped;  /* by mmap */
    bool is_reached; /* by the last walk of reach.c */
};

struct heap_arena {
    uintptr_t start;
    uintptr_t next;       /* first byte never given out */
    struct block *blocks; /* in order of address */
    uint32_t block_count;
    uint32_t block_capacity;
    uint32_t allocations; /* by this thread */
    bool has_free;
    uint64_t free[HEAP_CLASSES]; /* references: arena << 32 | index + 1 */
};

struct heap {
    struct heap_arena arenas[LAYOUT_THREADS];
};

/* Reserves the address range; false if the system refuses. */
bool heap_open(struct heap *heap);
void heap_reset(struct heap *heap);

/* NULL if the thread's arena is full (4 GiB). `alignment` is a power of two. */
void *heap_take(struct heap *heap, uint32_t thread, size_t length, size_t alignment);

/* The block that starts at the address, whether or not it is free; NULL if there is none. */
struct block *heap_block(struct heap *heap, uintptr_t address);

/* The block whose bytes or following gap cover the address, NULL if none. */
struct block *heap_covering(struct heap *heap, uintptr_t address);

/* The block goes to `thread`, which frees it. Freeing twice is judged before this is called. */
void heap_give_back(struct heap *heap, uint32_t thread, struct block *block);

#endif
