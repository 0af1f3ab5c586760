/* SPDX-License-Identifier: MIT */
/*
 * lean_plain: see lean_plain.h.
 *
 * How       Of each cell the accesses are kept that nothing later makes needless: what races with one
 *           that was left out races with the one that took its place.
 */
#include "lean/lean_plain.h"

#include "lean/lean_cells.h"

enum {
    COPY_BYTES = 16,           /* a longer read may take padding along */
    TRACKED_BYTES = 80 * 1024, /* of a larger block unwritten bytes are not looked for */
};

static uint8_t mask_of(uintptr_t granule, uintptr_t address, size_t length) {
    uintptr_t base = granule << 3;
    unsigned from = address > base ? (unsigned)(address - base) : 0;
    size_t end = address + length - base;
    unsigned to = end > 8 ? 8 : (unsigned)end;
    return (uint8_t)((1u << to) - (1u << from));
}

bool lean_plain_is_foreign(const struct lean *lean, uint32_t thread, uintptr_t address) {
    const struct explore_options *options = lean->options.asked;
    uintptr_t owner = 0;
    if (address - options->stacks_begin < options->stacks_end - options->stacks_begin)
        owner = (address - options->stacks_begin) / options->stack_bytes;
    else if (address - options->tls_begin < options->tls_end - options->tls_begin)
        owner = (address - options->tls_begin) / options->tls_bytes;
    return owner && owner != thread;
}

bool lean_plain_before(const struct lean *lean, uint32_t thread,
                       const struct lean_cell *cell, uint8_t mask, bool writes) {
    const struct lean_clock *hb = &lean->thread[thread].hb;
    for (const struct lean_use *use = cell->uses; use; use = use->next)
        if ((use->mask & mask) && (writes || use->writes) &&
            use->index > hb->at[use->thread])
            return false;
    return true;
}

static bool is_behind_atomics(const struct lean_clock *hb, const struct lean_cell *cell,
                              uint8_t mask, bool writes) {
    for (const struct lean_place *place = cell->places; place; place = place->next)
        if ((place->mask & mask) && !place->whole->is_over &&
            (!lean_clock_knows_all(hb, &place->whole->written) ||
             (writes && !lean_clock_knows_all(hb, &place->whole->read))))
            return false;
    return true;
}

/* What the cell's objects held is overwritten: all that was done with them is ordered before. */
static void places_begin_anew(struct lean_cell *cell, uint8_t mask) {
    for (struct lean_place **link = &cell->places; *link;)
        if ((*link)->mask & mask) {
            (*link)->whole->is_over = 1;
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
}

/* Keeps the access, in the place of one that it makes needless if there is one. */
static bool keep(struct lean *lean, uint32_t thread, struct lean_cell *cell, uint8_t mask,
                 bool writes) {
    const struct lean_clock *hb = &lean->thread[thread].hb;
    struct lean_use *use = NULL;
    for (struct lean_use **link = &cell->uses; *link;) {
        struct lean_use *at = *link;
        if (at->index > hb->at[at->thread] || (at->mask & ~mask) ||
            (at->writes && !writes)) {
            link = &at->next;
        } else {
            *link = at->next;
            use = at;
        }
    }
    if (!use) {
        if (lean->use_count == LEAN_USES)
            return lean_is_beyond(lean, "a run has more plain accesses than fit");
        use = &lean->use_room[lean->use_count++];
    }
    *use = (struct lean_use){cell->uses, hb->at[thread], (uint8_t)thread, mask, writes};
    cell->uses = use;
    return true;
}

static bool access_cell(struct lean *lean, uint32_t thread, struct lean_cell *cell,
                        uint8_t mask, bool writes) {
    if (!lean_plain_before(lean, thread, cell, mask, writes) ||
        !is_behind_atomics(&lean->thread[thread].hb, cell, mask, writes))
        return lean_suspects(lean);
    if (writes) {
        cell->written |= mask;
        if (cell->places)
            places_begin_anew(cell, mask);
    }
    return keep(lean, thread, cell, mask, writes);
}

/* A read of bytes of the heap that nobody wrote, as far as is known here. */
static bool is_unwritten(const struct action *action, const struct lean_block *block,
                         bool has_written) {
    return block && !has_written && action->kind == ACTION_READ &&
           action->length <= COPY_BYTES && block->length <= TRACKED_BYTES &&
           !(action->flags & ACTION_MOVES);
}

bool lean_plain_access(struct lean *lean, uint32_t thread, const struct action *action) {
    bool writes = action->kind == ACTION_WRITE, has_written = false;
    uintptr_t address = action->address, end = address + action->length;
    const struct lean_block *block = NULL;

    if (action->kind == ACTION_READ && (action->flags & ACTION_LOOK))
        return true;
    if (lean_plain_is_foreign(lean, thread, address))
        return lean_is_beyond(lean, "a thread uses the stack of another one");
    for (uintptr_t granule = address >> 3; granule << 3 < end; granule++) {
        struct lean_cell *cell = lean_cell(lean, granule);
        uint8_t mask = mask_of(granule, address, action->length);
        if (!cell)
            return false;
        if (granule == address >> 3 && lean_cell_in_heap(lean, address)) {
            if (!lean_cells_judge(lean, thread, cell, address, action->length))
                return false;
            block = cell->block;
        }
        has_written |= (cell->written & mask) != 0;
        if (!access_cell(lean, thread, cell, mask, writes))
            return false;
    }
    return is_unwritten(action, block, has_written) ? lean_suspects(lean) : true;
}
