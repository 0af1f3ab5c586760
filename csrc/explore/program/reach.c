/* SPDX-License-Identifier: MIT */
/* reach: see reach.h. A walk over words, with the blocks still to be looked into on a list. */
#include "program/reach.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct heap *heap;
    struct block **found; /* reached, and not yet looked into from `next` on */
    size_t count, capacity, next;
};

static void clear_marks(struct heap *heap) {
    for (uint32_t i = 0; i < LAYOUT_THREADS; i++)
        for (uint32_t k = 0; k < heap->arenas[i].block_count; k++)
            heap->arenas[i].blocks[k].is_reached = false;
}

static void look_at(struct walk *walk, uintptr_t word) {
    struct block *block = heap_covering(walk->heap, word);

    if (!block || block->is_free || block->is_reached ||
        (word >= block->start + block->length && word != block->start))
        return;
    block->is_reached = true;
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity ? 2 * walk->capacity : 64;
        walk->found = realloc(walk->found, walk->capacity * sizeof *walk->found);
        if (!walk->found)
            abort();
    }
    walk->found[walk->count++] = block;
}

static void look_through(struct walk *walk, uintptr_t start, uintptr_t end) {
    for (uintptr_t at = (start + 7) & ~(uintptr_t)7; at + 8 <= end; at += 8) {
        uintptr_t word;
        memcpy(&word, (const void *)at, sizeof word);
        look_at(walk, word);
    }
}

static void look_at_life(struct walk *walk, const struct runtime *runtime,
                         const struct fiber_thread *thread) {
    uintptr_t block = LAYOUT_TLS + thread->id * LAYOUT_TLS_SLOT;

    look_through(walk, block, block + runtime->image.tls_bytes);
    for (uint32_t key = 0; key < RUNTIME_KEYS; key++)
        look_at(walk, thread->key_value[key]);
    for (uint32_t i = 0; i < thread->destructor_count; i++)
        look_at(walk, thread->destructors[i].argument);
}

static void look_at_thread(struct walk *walk, const struct runtime *runtime,
                           const struct fiber_thread *thread) {
    bool has_ended = thread->state == THREAD_OVER && !thread->called_exit;

    if (thread->state == THREAD_UNUSED || (has_ended && thread->id != 0))
        return;
    if (thread->state == THREAD_FRESH) {
        look_at(walk, thread->argument);
        return;
    }
    look_at_life(walk, runtime, thread);
    if (!has_ended)
        look_through(walk, (uintptr_t)thread->fiber.stack_pointer,
                     layout_stack_top(thread->id));
}

size_t reach_first_lost(struct runtime *runtime, const uintptr_t *blocks, size_t count) {
    struct walk walk = {.heap = &runtime->heap};
    size_t lost = 0;

    clear_marks(&runtime->heap);
    look_through(&walk, runtime->image.writable_start, runtime->image.writable_end);
    for (uint32_t i = 0; i < runtime->thread_count; i++)
        look_at_thread(&walk, runtime, &runtime->thread[i]);
    while (walk.next < walk.count) {
        const struct block *block = walk.found[walk.next++];
        look_through(&walk, block->start, block->start + block->length);
    }
    free(walk.found);
    for (; lost < count; lost++) {
        const struct block *block = heap_block(&runtime->heap, blocks[lost]);
        if (!block || !block->is_reached)
            break;
    }
    return lost;
}
