/* SPDX-License-Identifier: MIT */
/* lean_cells: see lean_cells.h. */
#include "lean/lean_cells.h"

#include <string.h>

/* How many blocks begin at or below the address. */
static size_t blocks_up_to(const struct lean *lean, uintptr_t address) {
    size_t low = 0, high = lean->block_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lean->blocks[middle]->address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct lean_block *block_below(const struct lean *lean, uintptr_t address) {
    size_t count = blocks_up_to(lean, address);
    return count ? lean->blocks[count - 1] : NULL;
}

static struct lean_cell *cell_made(struct lean *lean, struct lean_cell *cell,
                                   uintptr_t granule) {
    if (lean->cell_count == LEAN_MOST_CELLS) {
        lean_is_beyond(lean, "a run touches more memory than fits");
        return NULL;
    }
    lean->cell_count++;
    cell->run = lean->run;
    cell->granule = granule;
    cell->uses = NULL;
    cell->places = NULL;
    cell->written = 0;
    cell->born = 0;
    cell->block =
        lean_cell_in_heap(lean, granule << 3) ? block_below(lean, granule << 3) : NULL;
    if (cell->block)
        cell->born = cell->block->born;
    return cell;
}

/* What was there was of another life of the block. */
static void cell_is_new(struct lean_cell *cell) {
    cell->born = cell->block->born;
    cell->uses = NULL;
    cell->places = NULL;
    cell->written = 0;
}

struct lean_cell *lean_cell(struct lean *lean, uintptr_t granule) {
    size_t at =
        (size_t)((granule * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - LEAN_CELL_BITS));
    for (;; at = (at + 1) & (LEAN_CELLS - 1)) {
        struct lean_cell *cell = &lean->cells[at];
        if (cell->run != lean->run)
            return cell_made(lean, cell, granule);
        if (cell->granule == granule) {
            if (cell->block && cell->born != cell->block->born)
                cell_is_new(cell);
            return cell;
        }
    }
}

bool lean_cells_judge(struct lean *lean, uint32_t thread, const struct lean_cell *cell,
                      uintptr_t address, size_t length) {
    struct lean_block *block = cell->block;
    const struct lean_clock *hb = &lean->thread[thread].hb;
    if (!block || address < block->address ||
        address + length > block->address + block->length || !block->is_live ||
        (block->was_freed && !lean_clock_knows_all(hb, &block->freed)))
        return lean_suspects(lean);
    block->used.at[thread] = hb->at[thread];
    return true;
}

static struct lean_block *block_made(struct lean *lean, size_t position,
                                     uintptr_t address) {
    if (lean->block_count == LEAN_BLOCKS)
        return NULL;
    struct lean_block *block = &lean->block_room[lean->block_count];
    memmove(&lean->blocks[position + 1], &lean->blocks[position],
            (lean->block_count - position) * sizeof block);
    lean->block_count++;
    lean->blocks[position] = block;
    block->address = address;
    block->was_freed = 0;
    return block;
}

bool lean_cells_allocate(struct lean *lean, uintptr_t address, size_t length) {
    size_t count = blocks_up_to(lean, address);
    struct lean_block *block = count ? lean->blocks[count - 1] : NULL;
    if (!block || block->address != address)
        block = block_made(lean, count, address);
    if (!block)
        return lean_is_beyond(lean, "a run has more blocks of memory than fit");
    block->length = length;
    block->born = ++lean->births;
    block->is_live = 1;
    lean_clock_fill(&block->used, 0);
    return true;
}

bool lean_cells_free(struct lean *lean, uint32_t thread, uintptr_t address) {
    if (!address)
        return true;
    struct lean_block *block = block_below(lean, address);
    const struct lean_clock *hb = &lean->thread[thread].hb;
    if (!block || block->address != address || !block->is_live ||
        !lean_clock_knows_all(hb, &block->used))
        return lean_suspects(lean);
    block->is_live = 0;
    if (!block->was_freed)
        lean_clock_fill(&block->freed, 0);
    block->was_freed = 1;
    block->freed.at[thread] = hb->at[thread];
    return true;
}

size_t lean_cells_left(struct lean *lean) {
    size_t count = 0;
    for (size_t i = 0; i < lean->block_count; i++)
        if (lean->blocks[i]->is_live)
            lean->left[count++] = lean->blocks[i]->address;
    return count;
}
