/* SPDX-License-Identifier: MIT */
/* unit_heap: a block's address follows from its thread's own history; blocks never touch. */
#include "program/heap.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct heap heap;

static unsigned long state = 7;
static unsigned long draw(void) { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; }

static void own_history_decides(void) {
    void *alone[50], *again[50];
    for (int i = 0; i < 50; i++)
        alone[i] = heap_take(&heap, 3, (size_t)(i * 7), 1);
    heap_reset(&heap);
    for (int i = 0; i < 50; i++) { /* now another thread allocates in between */
        heap_take(&heap, 4, 100, 1);
        again[i] = heap_take(&heap, 3, (size_t)(i * 7), 1);
        assert(alone[i] == again[i]);
    }
    heap_reset(&heap);
}

static void last_in_first_out(void) {
    void *a = heap_take(&heap, 0, 24, 1), *b = heap_take(&heap, 0, 24, 1);
    heap_give_back(&heap, 0, heap_block(&heap, (uintptr_t)a));
    heap_give_back(&heap, 0, heap_block(&heap, (uintptr_t)b));
    assert(heap_take(&heap, 1, 24, 1) != b); /* not the other thread's */
    assert(heap_take(&heap, 0, 20, 1) == b); /* the same class of sizes */
    assert(heap_take(&heap, 0, 32, 1) == a);
    heap_reset(&heap);
}

static void a_freed_block_goes_to_who_freed_it(void) {
    void *a = heap_take(&heap, 0, 64, 1);
    heap_give_back(&heap, 5, heap_block(&heap, (uintptr_t)a));
    assert(heap_take(&heap, 0, 64, 1) != a);
    assert(heap_take(&heap, 5, 64, 1) == a);
    heap_reset(&heap);
}

static void blocks_do_not_touch_and_are_fresh(void) {
    enum { COUNT = 400 };
    static struct { unsigned char *start; size_t length; } live[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size_t alignment = (size_t)1 << draw() % 9;
        live[i].length = draw() % 3000;
        live[i].start = heap_take(&heap, (uint32_t)(draw() % 4), live[i].length, alignment);
        assert(((uintptr_t)live[i].start & (alignment - 1)) == 0);
        for (size_t k = 0; k < live[i].length; k++)
            assert(live[i].start[k] == HEAP_FRESH);
        memset(live[i].start, i, live[i].length);
        const struct block *block = heap_covering(&heap, (uintptr_t)live[i].start + live[i].length);
        assert(block && block->start == (uintptr_t)live[i].start);
    }
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            assert(live[i].start >= live[j].start + live[j].length + HEAP_GAP ||
                   live[j].start >= live[i].start + live[i].length + HEAP_GAP);
    heap_reset(&heap);
}

static void what_is_no_block_is_seen(void) {
    char *a = heap_take(&heap, 0, 64, 1);
    assert(!heap_block(&heap, (uintptr_t)a + 1));
    assert(!heap_block(&heap, 0));
    assert(!heap_covering(&heap, (uintptr_t)a - 1));
    assert(!heap_covering(&heap, (uintptr_t)&heap));
    assert(!heap_take(&heap, 0, (size_t)1 << 40, 1));
    heap_reset(&heap);
    assert(!heap_covering(&heap, (uintptr_t)a));
}

int main(void) {
    heap_open(&heap);
    own_history_decides();
    last_in_first_out();
    a_freed_block_goes_to_who_freed_it();
    blocks_do_not_touch_and_are_fresh();
    what_is_no_block_is_seen();
    puts("ok");
    return 0;
}
