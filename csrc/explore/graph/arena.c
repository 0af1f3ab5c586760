/* SPDX-License-Identifier: MIT */
/* arena: chunks are kept when they are given back, so a search soon stops asking malloc. */
#include "graph/arena.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024 };

void arena_init(struct arena *arena, jmp_buf *panic) {
    memset(arena, 0, sizeof *arena);
    arena->panic = panic;
}

void arena_free(struct arena *arena) {
    for (size_t i = 0; i < arena->chunk_count; i++)
        free(arena->chunks[i].bytes);
    free(arena->chunks);
    arena->chunks = NULL;
    arena->chunk_count = arena->current = arena->used = arena->total = 0;
}

static void arena_add_chunk(struct arena *arena, size_t position, size_t size) {
    struct arena_chunk *chunks =
        realloc(arena->chunks, (arena->chunk_count + 1) * sizeof *chunks);
    if (!chunks)
        longjmp(*arena->panic, 1);
    arena->chunks = chunks;
    unsigned char *bytes = malloc(size);
    if (!bytes)
        longjmp(*arena->panic, 1);
    memmove(&chunks[position + 1], &chunks[position],
            (arena->chunk_count - position) * sizeof *chunks);
    chunks[position] = (struct arena_chunk){bytes, size};
    arena->chunk_count++;
    arena->total += size;
}

void *arena_take_slowly(struct arena *arena, size_t bytes) {
    size_t next = arena->chunk_count ? arena->current + 1 : 0;
    if (next >= arena->chunk_count || arena->chunks[next].size < bytes)
        arena_add_chunk(arena, next, bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
    arena->current = next;
    arena->used = bytes;
    return arena->chunks[next].bytes;
}

void *arena_take_zeroed(struct arena *arena, size_t bytes) {
    void *result = arena_take(arena, bytes);
    memset(result, 0, bytes);
    return result;
}

#ifdef EXPLORE_POISON
void arena_poison(void *bytes, size_t count) { memset(bytes, 0xDB, count); }

void arena_poison_since(struct arena *arena, struct arena_mark mark) {
    for (size_t i = mark.chunk; i < arena->chunk_count && i <= arena->current; i++) {
        size_t from = i == mark.chunk ? mark.used : 0;
        size_t end = i == arena->current ? arena->used : arena->chunks[i].size;
        if (from < end)
            arena_poison(arena->chunks[i].bytes + from, end - from);
    }
}
#endif
