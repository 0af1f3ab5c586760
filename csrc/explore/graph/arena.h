/* SPDX-License-Identifier: MIT */
/*
 * arena: memory that is given back in the reverse order of its taking.
 *
 * Why       The search walks a tree: whatever it made below a choice dies when the choice is undone.
 *           Taking is an addition, giving back is one assignment, and pointers stay good.
 * Poison    With EXPLORE_POISON defined, as in the sanitized and the sabotaged builds of the tests,
 *           what was given back is overwritten, so that nobody who still points there goes unnoticed.
 * Errors    When memory runs out the arena leaves through `panic`, a jmp_buf of whoever began the search.
 */
#ifndef EXPLORE_ARENA_H
#define EXPLORE_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk {
    unsigned char *bytes;
    size_t size;
};

struct arena {
    struct arena_chunk *chunks;
    size_t chunk_count;
    size_t current; /* chunk in use */
    size_t used;    /* bytes of it */
    size_t total;   /* bytes in all chunks */
    jmp_buf *panic;
};

struct arena_mark {
    size_t chunk, used;
};

void arena_init(struct arena *arena, jmp_buf *panic);
void arena_free(struct arena *arena);
void *arena_take_slowly(struct arena *arena, size_t bytes);

/* `bytes` bytes, aligned for anything, not cleared. */
static inline void *arena_take(struct arena *arena, size_t bytes) {
    bytes = (bytes + 15u) & ~(size_t)15u;
    if (arena->current < arena->chunk_count &&
        arena->chunks[arena->current].size - arena->used >= bytes) {
        void *result = arena->chunks[arena->current].bytes + arena->used;
        arena->used += bytes;
        return result;
    }
    return arena_take_slowly(arena, bytes);
}

void *arena_take_zeroed(struct arena *arena, size_t bytes);

static inline struct arena_mark arena_mark(const struct arena *arena) {
    return (struct arena_mark){arena->current, arena->used};
}

#ifdef EXPLORE_POISON
void arena_poison(void *bytes, size_t count);
void arena_poison_since(struct arena *arena, struct arena_mark mark);
#else
static inline void arena_poison(void *bytes, size_t count) {
    (void)bytes;
    (void)count;
}
static inline void arena_poison_since(struct arena *arena, struct arena_mark mark) {
    (void)arena;
    (void)mark;
}
#endif

/* Everything taken since the mark is gone. */
static inline void arena_release(struct arena *arena, struct arena_mark mark) {
    arena_poison_since(arena, mark);
    arena->current = mark.chunk;
    arena->used = mark.used;
}

#endif
