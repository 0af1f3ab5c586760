/* SPDX-License-Identifier: MIT */
/* accesses: see accesses.h. */
#include "program/accesses.h"

#include <string.h>

#include "program/library_data.h"
#include "program/retry.h"
#include "program/runtime.h"

/* Memory that is the program's own and mapped: what the search may be told about. */
static bool is_program_memory(const struct runtime *runtime, uintptr_t address,
                              size_t length) {
    if (address >= runtime->image.writable_start && address < runtime->image.writable_end)
        return true;
    if (address < LAYOUT_STACKS || address >= LAYOUT_HEAP_END)
        return library_data_covers(address, length);
    if (address >= LAYOUT_HEAP)
        return address + length <= LAYOUT_HEAP_END;
    if (layout_is_stack(address))
        return (address - LAYOUT_STACKS) % LAYOUT_STACK_SLOT >=
               LAYOUT_STACK_SLOT - LAYOUT_STACK_BYTES;
    return address >= LAYOUT_TLS && address < LAYOUT_TLS_END &&
           (address - LAYOUT_TLS) % LAYOUT_TLS_SLOT + length <= runtime->image.tls_bytes;
}

void access_touches_stack(uintptr_t start, size_t length, bool is_atomic) {
    uint32_t owner = (uint32_t)((start - LAYOUT_STACKS) / LAYOUT_STACK_SLOT);
    struct fiber_thread *thread = &the_runtime->thread[owner];

    if ((is_atomic || thread != the_runtime->current) &&
        spin_share(thread->spin, start, start + length))
        retry_share(thread->retry, start, start + length);
}

static bool is_on_stack_of(const struct fiber_thread *thread, uintptr_t address) {
    uintptr_t stack_top = layout_stack_top(thread->id);

    return address < stack_top && address >= stack_top - LAYOUT_STACK_BYTES;
}

static bool can_be_noticed(const struct fiber_thread *thread, uintptr_t start,
                           size_t length) {
    return !is_on_stack_of(thread, start) ||
           spin_is_shared(thread->spin, start, start + length);
}

/* With races allowed, memory is not what a thread would find there. */
static bool is_filled(const struct runtime *runtime, uintptr_t start, size_t length) {
    const unsigned char *byte = (const unsigned char *)start;

    if (runtime->races_allowed)
        return false;
    for (size_t i = 0; i < length && i < 16; i++)
        if (byte[i] != HEAP_FRESH)
            return true;
    return false;
}

/* Rust moves values as they lie: what is in an Option that is None is read, and never looked at. So
 * it is a mistake there only if nothing of the block was ever written. */
static bool may_be_moved(struct runtime *runtime, uintptr_t start) {
    struct block *block = runtime->is_rust ? heap_covering(&runtime->heap, start) : NULL;

    for (size_t i = 0; block && i < block->length; i++)
        if (((const unsigned char *)block->start)[i] != HEAP_FRESH)
            return true;
    return false;
}

static bool is_private(const struct fiber_thread *thread, uintptr_t start,
                       size_t length) {
    uintptr_t storage = LAYOUT_TLS + thread->id * LAYOUT_TLS_SLOT;

    return length && the_runtime->private_threads >> thread->id & 1 &&
           !thread->retry->is_trial &&
           ((is_on_stack_of(thread, start) &&
             start + length <= layout_stack_top(thread->id)) ||
            (start >= storage && start + length <= storage + LAYOUT_TLS_SLOT));
}

/* What a thread writes where others, or it itself later, could notice. */
static void note_write(struct fiber_thread *thread, uintptr_t start, size_t length) {
    thread->plain_reads = 0;
    if (!can_be_noticed(thread, start, length))
        return;
    if (!thread->retry->is_trial)
        spin_writes(thread->spin, start, length);
    retry_log(thread->retry, start, length);
}

bool access_is_private(enum action_kind kind, const void *address, size_t length) {
    struct fiber_thread *thread = the_runtime->current;

    if (!is_private(thread, (uintptr_t)address, length))
        return false;
    if (kind == ACTION_WRITE)
        note_write(thread, (uintptr_t)address, length);
    return true;
}

struct action *access_plain(enum action_kind kind, const void *address, size_t length,
                            uint32_t site) {
    struct runtime *runtime = the_runtime;
    struct fiber_thread *thread = runtime->current;
    uintptr_t start = (uintptr_t)address;

    if (length == 0 || !is_program_memory(runtime, start, length) ||
        standard_streams_own(&runtime->streams, start))
        return NULL; /* constant, or the host's: not shared; or wild: the access itself faults */
    if (access_is_private(kind, address, length))
        return NULL;
    struct action *action = runtime_action(kind, site);
    action->address = start;
    action->length = length;
    /* A failed compare-exchange updates `expected` there without a word. */
    if (is_on_stack_of(thread, start))
        action->flags |= ACTION_PRIVATE;
    else if (layout_is_stack(start))
        action->flags |= ACTION_FOREIGN;
    if (layout_is_stack(start))
        access_touches_stack(start, length, false);
    if (kind == ACTION_READ && layout_is_heap(start)) {
        if (is_filled(runtime, start, length))
            action->flags |= ACTION_FILLED;
        else if (may_be_moved(runtime, start))
            action->flags |= ACTION_MOVES;
    }
    if (kind == ACTION_WRITE)
        note_write(thread, start, length);
    return action;
}

void access_ask(enum action_kind kind, const void *address, size_t length,
                uint32_t site) {
    if (access_plain(kind, address, length, site))
        runtime_ask();
}

void access_ask_block(enum action_kind kind, const void *address, size_t length,
                      uint32_t site) {
    struct action *action = access_plain(kind, address, length, site);
    if (!action)
        return;
    action->flags |= ACTION_PRIVATE;
    runtime_ask();
}

/* How far to look at once, and how much further then: what was seen decides whether it goes on. */
enum { LOOK_BYTES = 64, LOOK_FURTHER = 4 };

static void look(const void *memory, size_t bytes, uint32_t site) {
    struct action *action = access_plain(ACTION_READ, memory, 1, site);

    if (!action)
        return;
    action->length = bytes;
    action->flags = ACTION_PRIVATE | ACTION_LOOK;
    runtime_ask();
}

void access_look(const void *memory, size_t bytes, uint32_t site) {
    for (size_t seen = 0; seen < bytes;) {
        seen = seen ? seen * LOOK_FURTHER : LOOK_BYTES;
        look(memory, seen, site);
    }
}

void access_ask_text(const void *text, size_t bytes, uint32_t site) {
    access_look(text, bytes, site);
    access_ask_block(ACTION_READ, text, bytes, site);
}

bool access_may_be_atomic(const void *address, size_t size) {
    const struct runtime *runtime = the_runtime;
    uintptr_t start = (uintptr_t)address;

    return is_program_memory(runtime, start, size) ||
           image_is_constant(&runtime->image, start);
}

bool access_goes_in_pieces(size_t bytes) {
    return the_runtime->races_allowed && bytes <= ACCESS_PIECES_BYTES;
}

bool access_tears(const void *address, size_t size) {
    return size && access_goes_in_pieces(size) &&
           access_piece((uintptr_t)address, size) != size;
}

void access_read_in_pieces(const void *address, size_t size, uint8_t flags,
                           uint32_t site) {
    unsigned char *memory = (unsigned char *)(uintptr_t)address;
    unsigned char seen[ACCESS_PIECES_BYTES];

    if (!access_may_be_atomic(address, size))
        return;
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = access_piece((uintptr_t)memory + at, size - at);
        struct action *action = access_plain(ACTION_READ, memory + at, piece, site);
        if (!action)
            return; /* constant: it reads what is there */
        action->flags |= flags;
        runtime_ask();
        memcpy(seen + at, memory + at, piece);
    }
    memcpy(memory, seen, size);
}

size_t access_piece(uintptr_t address, size_t left) {
    size_t piece = ACCESS_WORD_BYTES;

    while (piece > left || address % piece)
        piece /= 2;
    return piece;
}
