/* SPDX-License-Identifier: MIT */
/*
 * heap_calls: malloc and its family.
 *
 * Why       Every allocation is an action, so that the search can judge what is done with it. The
 *           search is asked before a free takes effect: of a bad one nothing remains but the report.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "calls/heap_calls.h"
#include "calls/lock_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/retry.h"
#include "program/runtime.h"

static void *take(size_t length, size_t alignment, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();
    if (thread->retry->is_trial) /* the heap cannot be put back */
        runtime_stop_trial(ACTION_ALLOC);
    void *memory = heap_take(&the_runtime->heap, thread->id, length, alignment);

    if (!memory) {
        thread->error_number = ENOMEM;
        return NULL;
    }
    struct action *action = runtime_action(ACTION_ALLOC, site);
    action->address = (uintptr_t)memory;
    action->length = length;
    if (thread->keeps_books)
        action->flags = ACTION_LIBRARYS;
    runtime_ask();
    return memory;
}

static void give_back(void *memory, uint32_t site) {
    if (!memory)
        return;
    const struct block *held = heap_block(&the_runtime->heap, (uintptr_t)memory);
    if (held)
        lock_must_not_be_held(held->start, held->length, site);
    runtime_action(ACTION_FREE, site)->address = (uintptr_t)memory;
    runtime_ask();
    struct block *block = heap_block(&the_runtime->heap, (uintptr_t)memory);
    if (block)
        heap_give_back(&the_runtime->heap, runtime_thread()->id, block);
}

void *heap_allocate(size_t length, uint32_t site) { return take(length, 1, site); }

static void *take_zeroed(size_t length, size_t alignment, uint32_t site) {
    void *memory = take(length, alignment, site);

    if (memory && length) {
        access_ask_block(ACTION_WRITE, memory, length, site);
        memset(memory, 0, length);
    }
    return memory;
}

/* Nobody has to have written what lies in the block; what nobody wrote stays so (races.h). */
static void ask_to_move(enum action_kind kind, const void *block, size_t length,
                        uint32_t site) {
    struct action *action = access_plain(kind, block, length, site);
    if (!action)
        return;
    action->flags |= ACTION_PRIVATE | ACTION_MOVES;
    runtime_ask();
}

void *heap_resize(void *old, size_t length, uint32_t site) {
    struct block *block = heap_block(&the_runtime->heap, (uintptr_t)old);

    if (!old)
        return take(length, 1, site);
    if (!block) { /* let the search say what is wrong with it */
        give_back(old, site);
        return NULL;
    }
    size_t kept = block->length < length ? block->length : length;
    void *memory = take(length, 1, site);
    if (!memory)
        return NULL;
    if (kept) {
        ask_to_move(ACTION_READ, old, kept, site);
        ask_to_move(ACTION_WRITE, memory, kept, site);
        memcpy(memory, old, kept);
    }
    give_back(old, site);
    return memory;
}

void *heap_map(size_t length, uint32_t site) {
    void *memory = take_zeroed(length, HEAP_PAGE, site);

    if (memory)
        heap_block(&the_runtime->heap, (uintptr_t)memory)->is_mapped = true;
    return memory;
}

void heap_unmap(void *memory, uint32_t site) { give_back(memory, site); }

static int is_power_of_two(size_t number) { return number && !(number & (number - 1)); }

SERVE(void *, malloc, (size_t length)) { return take(length, 1, SITE); }

SERVE(void *, calloc, (size_t count, size_t size)) {
    size_t length;
    if (__builtin_mul_overflow(count, size, &length)) {
        runtime_thread()->error_number = ENOMEM;
        return NULL;
    }
    return take_zeroed(length, 1, SITE);
}

SERVE(void *, realloc, (void *old, size_t length)) {
    return heap_resize(old, length, SITE);
}

SERVE(void *, reallocarray, (void *old, size_t count, size_t size)) {
    size_t length;
    if (__builtin_mul_overflow(count, size, &length)) {
        runtime_thread()->error_number = ENOMEM;
        return NULL;
    }
    return heap_resize(old, length, SITE);
}

SERVE(void *, aligned_alloc, (size_t alignment, size_t length)) {
    if (!is_power_of_two(alignment)) {
        runtime_thread()->error_number = EINVAL;
        return NULL;
    }
    return take(length, alignment, SITE);
}

SERVE(int, posix_memalign, (void **memory, size_t alignment, size_t length)) {
    uint32_t site = SITE;
    if (!is_power_of_two(alignment) || alignment % sizeof(void *))
        return EINVAL;
    void *taken = take(length, alignment, site);
    if (!taken)
        return ENOMEM;
    access_ask_block(ACTION_WRITE, memory, sizeof *memory, site);
    *memory = taken;
    return 0;
}

SERVE(void, free, (void *memory)) {
    uint32_t site = SITE;
    const struct block *block = heap_block(&the_runtime->heap, (uintptr_t)memory);

    if (block && block->is_mapped && !block->is_free)
        runtime_fail(FAILURE_INVALID_FREE, site, "free of memory that mmap gave");
    give_back(memory, site);
}

SERVE(size_t, malloc_usable_size, (void *memory)) {
    const struct block *block = heap_block(&the_runtime->heap, (uintptr_t)memory);
    return block ? block->length : 0;
}

SERVE(char *, strndup, (const char *text, size_t limit)) {
    uint32_t site = SITE;
    size_t length = strnlen(text, limit);
    access_ask_text(text, length < limit ? length + 1 : length, site);
    char *copy = take(length + 1, 1, site);
    if (!copy)
        return NULL;
    access_ask_block(ACTION_WRITE, copy, length + 1, site);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

SERVE(char *, strdup, (const char *text)) {
    uint32_t site = SITE;
    size_t bytes = strlen(text) + 1;
    access_ask_text(text, bytes, site);
    char *copy = take(bytes, 1, site);
    if (!copy)
        return NULL;
    access_ask_block(ACTION_WRITE, copy, bytes, site);
    return memcpy(copy, text, bytes);
}

const struct service heap_services[] = {
    SERVICE(malloc),
    SERVICE(calloc),
    SERVICE(realloc),
    SERVICE(reallocarray),
    SERVICE(aligned_alloc),
    SERVICE_AS("memalign", aligned_alloc),
    SERVICE(posix_memalign),
    SERVICE(free),
    SERVICE(malloc_usable_size),
    SERVICE(strdup),
    SERVICE_AS("__strdup", strdup),
    SERVICE(strndup),
    SERVICE_AS("__strndup", strndup),
    {0},
};
