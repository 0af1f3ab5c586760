/* SPDX-License-Identifier: MIT */
/* lean_steps: see lean_steps.h. */
#include "lean/lean_steps.h"

#include "lean/lean_atomics.h"
#include "lean/lean_cells.h"
#include "lean/lean_plain.h"
#include "lean/lean_policy.h"

/* One more event of the thread; what it chooses is known later. */
static bool begin(struct lean *lean, uint32_t thread) {
    if (lean->step_count >= lean->options.most_steps || lean->step_count == LEAN_STEPS ||
        lean->thread[thread].hb.at[thread] == LEAN_MOST_EVENTS) {
        lean->end = LEAN_LONG;
        lean->is_over = 1;
        return false;
    }
    lean->thread[thread].hb.at[thread]++;
    lean->steps[lean->step_count++] = (struct lean_step){(uint8_t)thread, 0, 0, 0};
    return true;
}

static const char beyond_order[] = "accesses or fences that are seq_cst";

/* --- at once ------------------------------------------------------------------------------ */

static bool spawn(struct lean *lean, uint32_t thread) {
    struct lean_thread *parent = &lean->thread[thread];
    uint32_t nth = parent->spawned++;
    if (nth == LEAN_CHILDREN)
        return lean_is_beyond(lean, "a thread makes more threads than fit");
    int32_t *known = &lean->child[thread][nth];
    if (*known < 0)
        *known = (int32_t)lean->options.child(lean->options.self, thread, nth);
    uint32_t id = (uint32_t)*known;
    if (id >= LEAN_THREADS)
        return lean_is_beyond(lean, "a run has more threads than fit");
    struct lean_thread *child = &lean->thread[id];
    child->hb = parent->hb;
    lean_clock_fill(&child->pending, 0);
    child->has_fence = child->has_ended = child->was_joined = 0;
    child->spawned = 0;
    child->standing = LEAN_ABSENT;
    lean->reply[thread].thread = id;
    lean->settling |= UINT64_C(1) << id;
    lean->open |= 1u << id;
    if (id >= lean->threads)
        lean->threads = id + 1;
    return true;
}

static bool join(struct lean *lean, uint32_t thread) {
    struct lean_thread *other = &lean->thread[lean->action[thread].operand[0]];
    struct reply *reply = &lean->reply[thread];
    if (!begin(lean, thread))
        return false;
    lean_clock_join(&lean->thread[thread].hb, &other->end);
    reply->value[0] = other->result;
    reply->value[1] = 0;
    reply->succeeded = other->was_joined;
    other->was_joined = 1;
    return true;
}

static bool has_ended(const struct lean *lean, uint64_t id) {
    return id < lean->threads && lean->thread[id].has_ended;
}

/* Who waits for it goes on. */
static void wake_joiners(struct lean *lean, uint32_t ended) {
    for (uint32_t t = 0; t < lean->threads; t++)
        if (lean->thread[t].standing == LEAN_JOINS &&
            lean->action[t].operand[0] == ended && join(lean, t)) {
            lean->thread[t].standing = LEAN_ABSENT;
            lean->settling |= UINT64_C(1) << t;
        }
}

static void finish(struct lean *lean, uint32_t thread, bool is_exit) {
    struct lean_thread *own = &lean->thread[thread];
    own->standing = LEAN_ABSENT;
    lean->open &= ~(1u << thread);
    if (is_exit) {
        lean->exited = 1;
        return;
    }
    own->has_ended = 1;
    own->end = own->hb;
    own->result = lean->action[thread].operand[0];
    wake_joiners(lean, thread);
}

/* Is the order of seq_cst something that others may notice here? */
static bool is_beyond_order(const struct lean *lean, const struct action *action) {
    return lean->options.no_seq_cst && action->order == ORDER_SEQ_CST &&
           lean->model == EXPLORE_RC11 && (lean->open & (lean->open - 1));
}

static bool begun(struct lean *lean, uint32_t thread, const struct action *action) {
    if (action->kind == ACTION_FENCE && is_beyond_order(lean, action))
        return lean_is_beyond(lean, beyond_order);
    switch (action->kind) {
    case ACTION_READ:
    case ACTION_WRITE:
        return lean_plain_access(lean, thread, action);
    case ACTION_FENCE:
        return lean_atomics_fence(lean, thread, action);
    case ACTION_ALLOC:
        return lean_cells_allocate(lean, action->address, action->length);
    case ACTION_FREE:
        return lean_cells_free(lean, thread, action->address);
    case ACTION_SPAWN:
        return spawn(lean, thread);
    case ACTION_FINISH:
    case ACTION_EXIT:
        finish(lean, thread, action->kind == ACTION_EXIT);
        return false;
    default:
        return true;
    }
}

bool lean_step_at_once(struct lean *lean, uint32_t thread) {
    const struct action *action = &lean->action[thread];
    struct lean_thread *own = &lean->thread[thread];
    switch (action->kind) {
    case ACTION_LOAD:
    case ACTION_STORE:
    case ACTION_RMW:
    case ACTION_CAS:
    case ACTION_CHOOSE:
        own->standing = LEAN_CHOICE;
        return false;
    case ACTION_JOIN:
        if (has_ended(lean, action->operand[0]))
            return join(lean, thread);
        own->standing = LEAN_JOINS;
        return false;
    case ACTION_FAIL:
        return lean_suspects(lean);
    case ACTION_CUT:
        lean->end = LEAN_CUT;
        lean->is_over = 1;
        return false;
    case ACTION_AWAIT:
    case ACTION_ROUND:
        return lean_is_beyond(lean, "a thread came back to where it was");
    default:
        return begin(lean, thread) && begun(lean, thread, action);
    }
}

/* --- chosen ------------------------------------------------------------------------------- */

static uint16_t *way_of(struct lean *lean) {
    return &lean->steps[lean->step_count - 1].way;
}

static bool fails_weakly(struct lean *lean, const struct action *action,
                         const struct lean_store *store) {
    if (action->kind != ACTION_CAS || !(action->flags & ACTION_WEAK) ||
        !lean->options.asked->weak_failures || !lean_atomics_succeeds(action, store) ||
        !lean_policy_fails_weakly(lean))
        return false;
    lean->steps[lean->step_count - 1].fails_weakly = 1;
    return true;
}

static bool access_atomic(struct lean *lean, uint32_t thread,
                          const struct action *action) {
    if (is_beyond_order(lean, action))
        return lean_is_beyond(lean, beyond_order);
    struct lean_place *place = lean_atomics_place(lean, thread, action);
    if (!place)
        return false;
    bool stores = action->kind == ACTION_STORE;
    uint32_t count = stores ? lean_atomics_write_ways(lean, thread, action, place)
                            : lean_atomics_read_ways(lean, thread, action, place);
    if (!count) /* what it could read is gone with a plain write */
        return lean_is_beyond(lean, "an access that nothing is left for");
    uint32_t chosen = lean_policy_way(lean, action, count);
    struct lean_store *store = lean->way_store[chosen];
    *way_of(lean) = lean->way[chosen];
    if (stores)
        return lean_atomics_write(lean, thread, action, place, store);
    return lean_atomics_read(lean, thread, action, place, store,
                             fails_weakly(lean, action, store));
}

static void choose(struct lean *lean, uint32_t thread, const struct action *action) {
    uint32_t chosen = lean_policy_way(lean, action, (uint32_t)action->operand[0]);
    *way_of(lean) = (uint16_t)chosen;
    lean->reply[thread].value[0] = chosen;
    lean->reply[thread].value[1] = 0;
}

bool lean_step_chosen(struct lean *lean, uint32_t thread) {
    const struct action *action = &lean->action[thread];
    if (!begin(lean, thread))
        return false;
    lean->thread[thread].standing = LEAN_ABSENT;
    if (action->kind != ACTION_CHOOSE)
        return access_atomic(lean, thread, action);
    choose(lean, thread, action);
    return true;
}

bool lean_step_is_ready(struct lean *lean, uint32_t thread) {
    const struct action *action = &lean->action[thread];
    if (lean->thread[thread].standing != LEAN_CHOICE)
        return false;
    if (!action->guard)
        return true;
    struct lean_place *place = lean_atomics_place(lean, thread, action);
    return place && lean_atomics_read_ways(lean, thread, action, place);
}
