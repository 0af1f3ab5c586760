/* SPDX-License-Identifier: MIT */
/* callers: see callers.h. */
#include "program/callers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

enum {
    MOST_LISTS = 4096, /* a power of two */
    MOST_NOTED = 100000,
    ROOM = 32 * 1024, /* bytes of stack that a walk may need */
    ENCODED_RELATIVE =
        0x1b, /* DW_EH_PE_pcrel | DW_EH_PE_sdata4: what all linkers write */
};

struct list {
    uint32_t count;
    uint32_t site[CALLERS_DEPTH];
};

struct callers {
    const struct image *image;
    bool are_known; /* the program has tables */
    uint32_t noted;
    struct list list[MOST_LISTS];
};

struct walk {
    const struct image *image;
    uint32_t site; /* that asks: what is called before it is ours */
    bool is_found;
    struct list list;
};

void __register_frame(void *tables);

/* The tables themselves; the header in front of them has an index that the unwinder makes itself. */
static void *tables_of(const struct image *image) {
    const uint8_t *header = (const uint8_t *)image->unwind_header;
    int32_t distance;

    if (!header || header[0] != 1 || header[1] != ENCODED_RELATIVE)
        return NULL;
    memcpy(&distance, header + 4, sizeof distance);
    return (void *)(image->unwind_header + 4 + (uintptr_t)(intptr_t)distance);
}

static struct callers *made(const struct image *image) {
    struct callers *callers = calloc(1, sizeof *callers);
    void *tables = tables_of(image);

    if (!callers)
        abort();
    callers->image = image;
    callers->are_known = tables != NULL;
    if (tables)
        __register_frame(tables);
    return callers;
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *self) {
    struct walk *walk = self;
    const struct image *image = walk->image;
    uintptr_t address = (uintptr_t)_Unwind_GetIP(context);

    if (address < image->base || address >= image->end)
        return walk->is_found ? _URC_END_OF_STACK : _URC_NO_REASON;
    uint32_t site = (uint32_t)(address - image->base);
    if (!walk->is_found) {
        walk->is_found = site == walk->site;
        return walk->is_found ? _URC_NO_REASON : _URC_END_OF_STACK;
    }
    walk->list.site[walk->list.count++] = site;
    return walk->list.count < CALLERS_DEPTH ? _URC_NO_REASON : _URC_END_OF_STACK;
}

struct callers *callers_begin(struct callers *callers, const struct image *image) {
    callers = callers ? callers : made(image);
    callers->noted = 0;
    return callers;
}

/* Where the list is, or goes; a number from 1, 0 if there is no room. */
static uint32_t number_of(struct callers *callers, const struct list *list) {
    uint32_t hash = list->count;

    for (uint32_t i = 0; i < list->count; i++)
        hash = (hash ^ list->site[i]) * 2654435761u;
    for (uint32_t tried = 0; tried < MOST_LISTS; tried++) {
        uint32_t at = (hash + tried) & (MOST_LISTS - 1);
        struct list *known = &callers->list[at];
        if (!known->count)
            *known = *list;
        if (memcmp(known, list, sizeof *list) == 0)
            return at + 1;
    }
    return 0;
}

uint32_t callers_note(struct callers *callers, const struct fiber *fiber, uint32_t site) {
    struct walk walk = {.image = callers->image, .site = site};
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t low = (uintptr_t)fiber->stack_bottom;

    if (!callers->are_known || !site || callers->noted >= MOST_NOTED ||
        here < low + ROOM || here >= low + fiber->stack_bytes)
        return 0;
    callers->noted++;
    _Unwind_Backtrace(on_frame, &walk);
    return walk.list.count ? number_of(callers, &walk.list) : 0;
}

size_t callers_of(const struct callers *callers, uint32_t number,
                  const uint32_t **sites) {
    if (!number)
        return 0;
    const struct list *list = &callers->list[number - 1];
    *sites = list->site;
    return list->count;
}
