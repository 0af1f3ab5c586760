/* SPDX-License-Identifier: MIT */
/* cells: see cells.h. */
#include "graph/cells.h"

#include <stdlib.h>
#include <string.h>

void cells_init(struct memory *memory, jmp_buf *panic) {
    memset(memory, 0, sizeof *memory);
    arena_init(&memory->arena, panic);
}

void cells_free(struct memory *memory) {
    free(memory->buckets);
    free(memory->blocks);
    free(memory->owners);
    arena_free(&memory->arena);
}

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

struct cell *cell_at(struct memory *memory, uintptr_t granule) {
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

struct cell **cells_of(struct memory *memory, struct arena *arena, uintptr_t address,
                       size_t length, uint32_t *count) {
    *count = 0;
    if (!length)
        return NULL;
    uintptr_t first = address >> 3, last = (address + length - 1) >> 3;
    struct cell **cells = arena_take(arena, (last - first + 1) * sizeof(struct cell *));
    for (uintptr_t granule = first; granule <= last; granule++)
        cells[(*count)++] = cell_at(memory, granule);
    return cells;
}
