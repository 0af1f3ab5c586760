/* SPDX-License-Identifier: MIT */
/* names: see names.h. */
#include "host/names.h"
#include "program/runtime.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/library_data.h"

struct named_block {
    uintptr_t start;
    size_t length;
    uint32_t thread;
    uint32_t ordinal;
    uint32_t stamp;
};

static void add_block(struct names *names, struct named_block block) {
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        names->blocks = realloc(names->blocks, names->room * sizeof *names->blocks);
        if (!names->blocks)
            abort();
    }
    names->blocks[names->count++] = block;
}

void names_collect(struct names *names, const struct explore_view *view) {
    names->count = 0;
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++) {
        uint32_t ordinal = 0;
        for (uint32_t i = 0; i < explore_view_length(view, thread); i++) {
            struct explore_event event;
            explore_view_event(view, thread, i, &event);
            if (event.action->kind == ACTION_ALLOC)
                add_block(names, (struct named_block){.start = event.action->address,
                                                      .length = event.action->length,
                                                      .thread = thread,
                                                      .ordinal = ++ordinal,
                                                      .stamp = event.stamp});
        }
    }
}

static const struct named_block *latest_block(const struct names *names,
                                              uintptr_t address) {
    const struct named_block *found = NULL;

    for (size_t i = 0; i < names->count; i++) {
        const struct named_block *block = &names->blocks[i];
        if (address >= block->start &&
            address < block->start + block->length + HEAP_GAP &&
            (!found || block->start > found->start || block->stamp > found->stamp))
            found = block;
    }
    return found;
}

static void name_heap(const struct names *names, uintptr_t address, char *text,
                      size_t room) {
    const struct named_block *block = latest_block(names, address);

    if (!block)
        snprintf(text, room, "heap+%zu", (size_t)(address - LAYOUT_HEAP));
    else if (block->thread == 0)
        snprintf(text, room, "heap#%u+%zu", block->ordinal,
                 (size_t)(address - block->start));
    else
        snprintf(text, room, "heap#%u.%u+%zu", block->thread, block->ordinal,
                 (size_t)(address - block->start));
}

static void name_thread_local(const struct image *image, uintptr_t address, char *text,
                              size_t room) {
    size_t thread = (address - LAYOUT_TLS) / LAYOUT_TLS_SLOT;
    size_t offset = (address - LAYOUT_TLS) % LAYOUT_TLS_SLOT;
    const Elf64_Sym *symbol = image->symbols;

    for (size_t i = 0; i < image->symbol_count; i++) {
        if (ELF64_ST_TYPE(symbol[i].st_info) != STT_TLS ||
            symbol[i].st_shndx == SHN_UNDEF || offset < symbol[i].st_value ||
            offset >= symbol[i].st_value + symbol[i].st_size)
            continue;
        snprintf(text, room, "tls#%zu:%s+%zu", thread, image->strings + symbol[i].st_name,
                 offset - symbol[i].st_value);
        return;
    }
    snprintf(text, room, "tls#%zu+%zu", thread, offset);
}

static bool name_known(const struct names *names, uintptr_t address, char *text,
                       size_t room) {
    uintptr_t offset;
    const char *symbol;

    if (layout_is_heap(address)) {
        name_heap(names, address, text, room);
    } else if (layout_is_stack(address)) {
        uintptr_t slot = (address - LAYOUT_STACKS) / LAYOUT_STACK_SLOT;
        snprintf(text, room, "stack#%zu+%zu", (size_t)slot,
                 (size_t)(layout_stack_top((uint32_t)slot) - address));
    } else if (address >= LAYOUT_TLS && address < LAYOUT_TLS_END) {
        name_thread_local(&names->runtime->image, address, text, room);
    } else {
        symbol = library_data_name(address, &offset);
        if (!symbol)
            symbol = image_name(&names->runtime->image, address, &offset);
        if (!symbol)
            return false;
        snprintf(text, room, "%s+%zu", symbol, (size_t)offset);
    }
    return true;
}

/* Locations that belong to no object have small numbers. */
static void name_nobodys(uintptr_t number, char *text, size_t room) {
    if (number <= LAYOUT_THREADS)
        snprintf(text, room, "thread %zu", (size_t)(number - 1));
    else if (number >= LAYOUT_OF_PANICS)
        snprintf(text, room, "thread %zu", (size_t)(number - LAYOUT_OF_PANICS));
    else if (number >= LAYOUT_OF_DESCRIPTORS)
        snprintf(text, room, "a descriptor");
    else if (number >= LAYOUT_OF_SECTIONS)
        snprintf(text, room, "sections");
    else
        snprintf(text, room, "%zu", (size_t)(number - LAYOUT_OF_SIGNALS));
}

const char *names_shown(const struct names *names, uintptr_t address, char *text,
                        size_t room) {
    uintptr_t visible = runtime_unhidden(address);

    if (address & LAYOUT_HIDDEN && visible < LAYOUT_OF_OBJECTS)
        name_nobodys(visible, text, room);
    else
        names_location(names, visible, text, room);
    return text;
}

const char *names_location(const struct names *names, uintptr_t address, char *text,
                           size_t room) {
    uintptr_t visible = runtime_unhidden(address);

    if (address & LAYOUT_HIDDEN) {
        *text = '~';
        if (!name_known(names, visible, text + 1, room - 1))
            snprintf(text + 1, room - 1, "thread#%zu", (size_t)(visible - 1));
    } else if (!name_known(names, visible, text, room)) {
        snprintf(text, room, "0x%zx", (size_t)visible);
    }
    return text;
}

const char *names_pointer(const struct names *names, uint64_t value, char *text,
                          size_t room) {
    if (value < LAYOUT_BASE || value >= LAYOUT_HEAP_END)
        return NULL;
    return name_known(names, value, text, room) ? text : NULL;
}
