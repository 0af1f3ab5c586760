/* SPDX-License-Identifier: MIT */
/* lean_atomics: see lean_atomics.h. */
#include "lean/lean_atomics.h"

#include <string.h>

#include "lean/lean_cells.h"
#include "lean/lean_plain.h"
#include "value.h"

static bool acquires(unsigned order) {
    return order != ORDER_RELAXED && order != ORDER_RELEASE;
}

static bool releases(unsigned order) { return order >= ORDER_RELEASE; }

/* --- places ------------------------------------------------------------------------------- */

static uint8_t mask_in_cell(uintptr_t address, unsigned size) {
    return size == 16 ? 0xff : (uint8_t)(((1u << size) - 1) << (address & 7));
}

static bool has_other(struct lean_cell *cell, uint8_t mask) {
    for (struct lean_place **link = &cell->places; *link;)
        if ((*link)->whole->is_over)
            *link = (*link)->next;
        else if ((*link)->mask & mask)
            return true;
        else
            link = &(*link)->next;
    return false;
}

static struct lean_place *place_taken(struct lean *lean, struct lean_cell *cell) {
    if (lean->place_count == LEAN_PLACES) {
        lean_is_beyond(lean, "a run has more atomic objects than fit");
        return NULL;
    }
    struct lean_place *place = &lean->place_room[lean->place_count++];
    place->next = cell->places;
    place->whole = place;
    place->is_over = 0;
    cell->places = place;
    return place;
}

static void base_begins(struct lean_place *place, bool is_fresh) {
    struct lean_store *base = &place->base;
    lean_clock_fill(&base->message, 0);
    lean_clock_fill(&base->seen, LEAN_NEVER);
    base->older = base->newer = NULL;
    base->value[0] = base->value[1] = 0;
    if (!place->is_hidden)
        memcpy(base->value, (const void *)place->address, place->size);
    base->sc = 0;
    base->index = LEAN_NEVER;
    base->thread = 0;
    base->is_update = 0;
    base->is_fresh = is_fresh;
    place->last = base;
}

static struct lean_place *place_made(struct lean *lean, struct lean_cell *cell,
                                     const struct action *action, uint8_t mask) {
    struct lean_cell *upper =
        action->size == 16 ? lean_cell(lean, (action->address >> 3) + 1) : NULL;
    if (lean->is_over)
        return NULL;
    if (has_other(cell, mask) || (upper && has_other(upper, 0xff))) {
        lean_is_beyond(lean, "an object is accessed in several sizes");
        return NULL;
    }
    struct lean_place *place = place_taken(lean, cell);
    struct lean_place *other = upper ? place_taken(lean, upper) : NULL;
    if (lean->is_over)
        return NULL;
    place->address = action->address;
    place->size = action->size;
    place->is_hidden = (action->flags & ACTION_HIDDEN) != 0;
    place->mask = mask;
    lean_clock_fill(&place->read, 0);
    lean_clock_fill(&place->written, 0);
    base_begins(place, cell->block && !place->is_hidden && !(cell->written & mask));
    if (other) {
        other->mask = 0xff;
        other->whole = place;
        other->address = 0;
        other->size = 0;
    }
    return place;
}

static struct lean_place *place_in(struct lean *lean, struct lean_cell *cell,
                                   const struct action *action, uint8_t mask) {
    for (struct lean_place *place = cell->places; place; place = place->next)
        if (place->address == action->address && place->size == action->size &&
            !place->is_over)
            return place;
    return place_made(lean, cell, action, mask);
}

/* Is the access in a block of the heap, and ordered behind the plain ones? */
static bool may_access(struct lean *lean, uint32_t thread, const struct action *action,
                       struct lean_cell *cell, uint8_t mask) {
    bool writes = action->kind == ACTION_STORE || action->kind == ACTION_RMW;
    if (lean_plain_is_foreign(lean, thread, action->address))
        return lean_is_beyond(lean, "a thread uses the stack of another one");
    if (lean_cell_in_heap(lean, action->address) &&
        !lean_cells_judge(lean, thread, cell, action->address, action->size))
        return false;
    if (cell->uses && !lean_plain_before(lean, thread, cell, mask, writes))
        return lean_suspects(lean);
    if (action->size != 16)
        return true;
    cell = lean_cell(lean, (action->address >> 3) + 1);
    if (!cell)
        return false;
    return lean_plain_before(lean, thread, cell, 0xff, writes) || lean_suspects(lean);
}

struct lean_place *lean_atomics_place(struct lean *lean, uint32_t thread,
                                      const struct action *action) {
    struct lean_cell *cell = lean_cell(lean, action->address >> 3);
    uint8_t mask = mask_in_cell(action->address, action->size);
    if (!cell || (!(action->flags & ACTION_HIDDEN) &&
                  !may_access(lean, thread, action, cell, mask)))
        return NULL;
    return place_in(lean, cell, action, mask);
}

/* --- ways --------------------------------------------------------------------------------- */

static bool is_below_fences(const struct lean *lean, int16_t fences,
                            const struct lean_store *store) {
    return lean_clock_knows_any(&lean->until_fence[fences - 1], &store->seen) ||
           (store->sc && store->sc <= fences);
}

static bool is_below_sc(const struct lean *lean, const struct lean_store *store) {
    return store->sc ||
           (lean->sc_fences &&
            store->index <= lean->until_fence[lean->sc_fences - 1].at[store->thread]);
}

/* Is nothing older than it left to the thread? */
static bool is_floor(const struct lean *lean, const struct lean_thread *thread,
                     const struct lean_store *store, bool is_sc) {
    int16_t fences = thread->hb.at[LEAN_FENCES];
    return !store->older || lean_clock_knows_any(&thread->hb, &store->seen) ||
           (fences && is_below_fences(lean, fences, store)) ||
           (is_sc && is_below_sc(lean, store));
}

static bool is_taken(const struct lean_store *store) {
    return store->newer && store->newer->is_update;
}

bool lean_atomics_succeeds(const struct action *action, const struct lean_store *store) {
    uint64_t expected[2] = {action->expected[0], action->expected[1]};
    value_cut(expected, action->size);
    return store->value[0] == expected[0] && store->value[1] == expected[1];
}

static bool may_take(const struct action *action, const struct lean_store *store) {
    switch (action->guard) {
    case GUARD_EQUAL:
    case GUARD_ROUND:
        if (store->value[0] != action->guard_value)
            return false;
        break;
    case GUARD_NOT_EQUAL:
        if (store->value[0] == action->guard_value)
            return false;
        break;
    default:
        break;
    }
    if (action->kind == ACTION_RMW)
        return !is_taken(store);
    return action->kind == ACTION_LOAD || !is_taken(store) ||
           !lean_atomics_succeeds(action, store);
}

/* A compare-exchange that fails has its failure order: beyond what seq_cst leaves, who is not seq_cst may
   still read. */
static bool is_left_by_sc(const struct action *action, const struct lean_store *store) {
    bool fails = action->kind == ACTION_CAS && !lean_atomics_succeeds(action, store);
    return (fails ? action->order_fail : action->order) != ORDER_SEQ_CST;
}

static void add_way(struct lean *lean, uint32_t distance, struct lean_store *store) {
    if (lean->way_count < LEAN_WAYS) {
        lean->way[lean->way_count] = (uint16_t)distance;
        lean->way_store[lean->way_count++] = store;
    }
}

uint32_t lean_atomics_read_ways(struct lean *lean, uint32_t thread,
                                const struct action *action,
                                const struct lean_place *place) {
    const struct lean_thread *own = &lean->thread[thread];
    bool is_cas = action->kind == ACTION_CAS, is_past_sc = false;
    bool is_sc =
        action->order == ORDER_SEQ_CST || (is_cas && action->order_fail == ORDER_SEQ_CST);
    struct lean_store *store = place->last;
    lean->way_count = 0;
    for (uint32_t distance = 0; store; store = store->older, distance++) {
        if (may_take(action, store) && (!is_past_sc || is_left_by_sc(action, store)))
            add_way(lean, distance, store);
        if (lean->model != EXPLORE_RC11 || is_floor(lean, own, store, false))
            break;
        is_past_sc |= is_sc && is_below_sc(lean, store);
        if (is_past_sc && !is_cas)
            break;
    }
    return lean->way_count;
}

uint32_t lean_atomics_write_ways(struct lean *lean, uint32_t thread,
                                 const struct action *action,
                                 const struct lean_place *place) {
    const struct lean_thread *own = &lean->thread[thread];
    bool is_sc = action->order == ORDER_SEQ_CST;
    struct lean_store *store = place->last;
    lean->way_count = 0;
    for (uint32_t distance = 0;; store = store->older, distance++) {
        if (!is_taken(store))
            add_way(lean, distance, store);
        if (lean->model != EXPLORE_RC11 || is_floor(lean, own, store, is_sc))
            return lean->way_count;
    }
}

/* --- steps -------------------------------------------------------------------------------- */

static void learn(struct lean *lean, struct lean_thread *own, unsigned order,
                  const struct lean_store *store) {
    if (acquires(order) || lean->model != EXPLORE_RC11)
        lean_clock_join(&own->hb, &store->message);
    else
        lean_clock_join(&own->pending, &store->message);
}

static void link_behind(struct lean_place *place, struct lean_store *store,
                        struct lean_store *older) {
    store->older = older;
    store->newer = older->newer;
    older->newer = store;
    if (store->newer) {
        store->newer->older = store;
        return;
    }
    place->last = store;
    if (!place->is_hidden)
        memcpy((void *)place->address, store->value, place->size);
}

static bool add_store(struct lean *lean, uint32_t thread, struct lean_place *place,
                      struct lean_store *older, unsigned order, const uint64_t value[2],
                      bool is_update) {
    const struct lean_thread *own = &lean->thread[thread];
    bool is_rc11 = lean->model == EXPLORE_RC11;
    if (lean->store_count == LEAN_STORES)
        return lean_is_beyond(lean, "a run has more stores than fit");
    struct lean_store *store = &lean->store_room[lean->store_count++];
    if (releases(order) || !is_rc11)
        store->message = own->hb;
    else if (own->has_fence)
        store->message = own->fence;
    else
        lean_clock_fill(&store->message, 0);
    if (is_update && is_rc11)
        lean_clock_join(&store->message, &older->message);
    lean_clock_fill(&store->seen, LEAN_NEVER);
    store->index = store->seen.at[thread] = own->hb.at[thread];
    store->value[0] = value[0];
    store->value[1] = value[1];
    store->sc = is_rc11 && order == ORDER_SEQ_CST ? (uint16_t)(lean->sc_fences + 1) : 0;
    store->thread = (uint8_t)thread;
    store->is_update = is_update;
    store->is_fresh = 0;
    link_behind(place, store, older);
    place->written.at[thread] = own->hb.at[thread];
    if (!place->is_hidden && lean_cell_in_heap(lean, place->address)) {
        struct lean_cell *cell = lean_cell(lean, place->address >> 3);
        if (cell)
            cell->written |= place->mask;
        if (place->size == 16 && (cell = lean_cell(lean, (place->address >> 3) + 1)))
            cell->written |= 0xff;
    }
    return true;
}

static bool update(struct lean *lean, uint32_t thread, const struct action *action,
                   struct lean_place *place, struct lean_store *store) {
    uint64_t written[2] = {action->operand[0], action->operand[1]};
    if (action->kind == ACTION_RMW)
        value_of_rmw((enum action_op)action->op, action->size, action->operand,
                     store->value, written);
    value_cut(written, action->size);
    return add_store(lean, thread, place, store, action->order, written, true);
}

bool lean_atomics_read(struct lean *lean, uint32_t thread, const struct action *action,
                       struct lean_place *place, struct lean_store *store,
                       bool fails_weakly) {
    struct lean_thread *own = &lean->thread[thread];
    struct reply *reply = &lean->reply[thread];
    bool writes =
        action->kind == ACTION_RMW || (action->kind == ACTION_CAS && !fails_weakly &&
                                       lean_atomics_succeeds(action, store));
    int16_t index = own->hb.at[thread];
    if (store->is_fresh)
        return lean_suspects(lean);
    if (!place->is_hidden &&
        memcmp((const void *)place->address, place->last->value, place->size) != 0)
        return lean_is_beyond(lean, "memory changed without an access that was seen");
    lean->steps[lean->step_count - 1].value = (uint32_t)store->value[0];
    reply->value[0] = store->value[0];
    reply->value[1] = store->value[1];
    reply->succeeded = action->kind == ACTION_CAS && writes;
    if (store->seen.at[thread] > index)
        store->seen.at[thread] = index;
    place->read.at[thread] = index;
    learn(lean, own,
          action->kind == ACTION_CAS && !writes ? action->order_fail : action->order,
          store);
    return !writes || update(lean, thread, action, place, store);
}

bool lean_atomics_write(struct lean *lean, uint32_t thread, const struct action *action,
                        struct lean_place *place, struct lean_store *behind) {
    uint64_t written[2] = {action->operand[0], action->operand[1]};
    value_cut(written, action->size);
    return add_store(lean, thread, place, behind, action->order, written, false);
}

static bool seq_cst_fence(struct lean *lean, struct lean_thread *own) {
    if (lean->sc_fences == LEAN_SC_FENCES)
        return lean_is_beyond(lean, "a run has more seq_cst fences than fit");
    struct lean_clock *until = &lean->until_fence[lean->sc_fences];
    *until = own->hb;
    if (lean->sc_fences)
        lean_clock_join(until, until - 1);
    own->hb.at[LEAN_FENCES] = (int16_t)++lean->sc_fences;
    return true;
}

bool lean_atomics_fence(struct lean *lean, uint32_t thread, const struct action *action) {
    struct lean_thread *own = &lean->thread[thread];
    if (lean->model != EXPLORE_RC11)
        return true;
    if (acquires(action->order))
        lean_clock_join(&own->hb, &own->pending);
    if (action->order == ORDER_SEQ_CST && !seq_cst_fence(lean, own))
        return false;
    if (releases(action->order)) {
        own->fence = own->hb;
        own->has_fence = 1;
    }
    return true;
}
