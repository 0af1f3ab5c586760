/* SPDX-License-Identifier: MIT */
/* widths: see widths.h. */
#include "graph/widths.h"

#include <stdlib.h>

#include "graph/array.h"
#include "graph/cells.h"

struct explore_width widths_find(const struct graph *graph, uintptr_t address,
                                 uint32_t size) {
    struct explore_width width = {address, size};
    const struct explore_widths *widths = graph->widths;
    for (size_t i = 0; i < widths->count; i++) {
        const struct explore_width *known = &widths->width[i];
        if (known->size > width.size && known->size < WIDTHS_TOLD &&
            known->address <= address && address < known->address + known->size)
            width = *known;
    }
    const struct cell *cell = cell_at(graph->memory, address >> 3);
    uint8_t mask = cell_mask(cell, address, size);
    for (const struct placed *placed = cell->placed; placed; placed = placed->next)
        if ((placed->mask & mask) && placed->location->size > width.size)
            width =
                (struct explore_width){placed->location->address, placed->location->size};
    return width;
}

static void widths_add(jmp_buf *panic, struct explore_widths *widths,
                       struct explore_width width) {
    for (size_t i = 0; i < widths->count; i++)
        if (widths->width[i].address == width.address &&
            widths->width[i].size == width.size)
            return;
    widths->width = array_grown(panic, widths->width, &widths->capacity,
                                widths->count + 1, sizeof *widths->width);
    widths->width[widths->count++] = width;
}

static int is_outgrown(const struct graph *graph, struct explore_width width) {
    for (uintptr_t at = width.address; at < width.address + width.size; at += 8) {
        const struct cell *cell = cell_at(graph->memory, at >> 3);
        uint8_t mask = cell_mask(cell, width.address, width.size);
        for (const struct placed *placed = cell->placed; placed; placed = placed->next)
            if ((placed->mask & mask) && placed->location->size < width.size)
                return 1;
    }
    return 0;
}

void widths_widen(struct graph *graph, struct explore_width width) {
    if (!is_outgrown(graph, width))
        return;
    graph->outgrown = 1;
    widths_add(graph->panic, graph->widths, width);
}

int widths_know(const struct explore_widths *widths, uintptr_t address, size_t length) {
    for (size_t i = 0; i < widths->count; i++) {
        const struct explore_width *known = &widths->width[i];
        if (known->size < WIDTHS_TOLD && known->address < address + length &&
            address < known->address + known->size)
            return 1;
    }
    return 0;
}

void widths_tell(jmp_buf *panic, struct explore_widths *widths, uintptr_t place) {
    widths_add(panic, widths, (struct explore_width){place, WIDTHS_TOLD});
}

int widths_tells(const struct explore_widths *widths, uintptr_t place) {
    for (size_t i = 0; i < widths->count; i++)
        if (widths->width[i].size == WIDTHS_TOLD && widths->width[i].address == place)
            return 1;
    return 0;
}

void widths_share(struct graph *graph, struct explore_width width) {
    if (widths_know(graph->widths, width.address, width.size))
        return;
    graph->outgrown = 1;
    widths_add(graph->panic, graph->widths, width);
}

const char *widths_read(jmp_buf *panic, struct explore_widths *widths, const char *text) {
    for (;;) {
        while (*text == ' ')
            text++;
        if (*text != '@')
            return text;
        char *end;
        struct explore_width width = {(uintptr_t)strtoull(text + 1, &end, 16), 0};
        if (*end == '+')
            width.size = (uint32_t)strtoul(end + 1, &end, 10);
        if (width.size > WIDTHS_TOLD || !width.size || (width.size & (width.size - 1)) ||
            (width.size < WIDTHS_TOLD && width.address % width.size))
            return end; /* no object of the machine is like this */
        widths_add(panic, widths, width);
        text = end;
    }
}
