/* SPDX-License-Identifier: MIT */
/* lean_cells: memory by eight bytes, and the blocks of the heap that they are in. */
#ifndef EXPLORE_LEAN_CELLS_H
#define EXPLORE_LEAN_CELLS_H

#include "lean/lean_state.h"

/* The cell of these eight bytes; NULL: there is no room, and the run is over. */
struct lean_cell *lean_cell(struct lean *lean, uintptr_t granule);

static inline bool lean_cell_in_heap(const struct lean *lean, uintptr_t address) {
    const struct explore_options *options = lean->options.asked;
    return address - options->heap_begin < options->heap_end - options->heap_begin;
}

/* An access to the heap, of which this is the first cell: may it be, by block and bounds? */
bool lean_cells_judge(struct lean *lean, uint32_t thread, const struct lean_cell *cell,
                      uintptr_t address, size_t length);

bool lean_cells_allocate(struct lean *lean, uintptr_t address, size_t length);
bool lean_cells_free(struct lean *lean, uint32_t thread, uintptr_t address);

/* Blocks that are left, in `left`. */
size_t lean_cells_left(struct lean *lean);

#endif
