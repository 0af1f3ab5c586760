/* SPDX-License-Identifier: MIT */
/* judge: see judge.h. */
#include "execution/judge.h"

#include "execution/alone.h"
#include "execution/events.h"
#include "execution/failed.h"
#include "execution/live.h"
#include "execution/stacks.h"
#include "graph/blocks.h"
#include "graph/graph.h"
#include "graph/node.h"
#include "graph/races.h"
#include "graph/symmetry.h"

int judge_may_step_still(struct explorer *explorer, uint32_t thread,
                         const struct node *node) {
    if (node->kind == ACTION_FAIL) {
        failed_pending(explorer,
                       node->refused ? FAILURE_UNSUPPORTED
                                     : (enum explore_failure_kind)node->action.failure,
                       node->refused ? node->refused : node->action.message, thread,
                       node);
        return 0;
    }
    if (explorer->probing)
        explorer->abandoned = 1;
    else if (alone_never_ends(explorer, thread, node))
        failed_pending(explorer, FAILURE_ENDLESS,
                       "a thread makes more steps than max_events, and 10,000,000 more "
                       "when it runs on alone: a loop without end",
                       thread, node);
    return 0;
}

/* --- judgement ---------------------------------------------------------------------------- */

static const char dead_stack[] = "the stack or the thread-local storage of a thread is "
                                 "used by another one, and nothing "
                                 "orders that before the thread's end";

/* What is found is told in `found`, only if there is something: 1. */
static int judge_block(struct explorer *explorer, const struct event *event,
                       size_t length, struct judgement *found) {
    uintptr_t address = event->node->action.address;
    const struct event *end = stacks_dead_owner(explorer, event);
    if (end && !in_prefix(event, end)) {
        *found = (struct judgement){FAILURE_USE_AFTER_FREE, dead_stack, end, NULL};
        return 1;
    }
    if (address - explorer->memory.heap_begin >=
        explorer->memory.heap_end - explorer->memory.heap_begin)
        return 0;
    *found = block_judge_access(&explorer->memory, event, address, length);
    return found->kind != FAILURE_NONE;
}

static int is_through_volatile(const struct event *event) {
    return !(event->flags & EVENT_ATOMIC) &&
           (event->node->action.flags & ACTION_VOLATILE);
}

/* With races allowed it is the length that keeps it plain (program/accesses.h). */
static int is_long_block(const struct event *event) {
    return !(event->flags & EVENT_ATOMIC) &&
           event->node->action.length > ACTION_PIECES_BYTES;
}

static const char *race_message(const struct explorer *explorer,
                                const struct event *event, const struct event *partner) {
    if (explorer->options->races_allowed &&
        (is_long_block(event) || is_long_block(partner)))
        return "two unordered accesses, one of them of more than 256 bytes: with races "
               "allowed only shorter blocks are explored, word by word";
    if (is_through_volatile(event) || is_through_volatile(partner))
        return "two unordered accesses, one through volatile: that is not atomic in C "
               "and "
               "C++ (--volatile relaxed takes such accesses for relaxed atomic ones)";
    if (event->flags & EVENT_ATOMIC)
        return "two unordered accesses, one of them not atomic";
    return "two unordered accesses, at least one of them a write and at least one not "
           "atomic";
}

static int judged_race(const struct explorer *explorer, const struct event *event,
                       const struct event *partner, struct judgement *found) {
    *found = (struct judgement){FAILURE_DATA_RACE, race_message(explorer, event, partner),
                                partner, NULL};
    return 1;
}

static int judged_unwritten(const struct event *allocation, const char *message,
                            struct judgement *found) {
    *found = (struct judgement){FAILURE_UNINITIALISED_READ, message, allocation, NULL};
    return 1;
}

static int judge_atomic(struct explorer *explorer, const struct event *event,
                        struct judgement *found) {
    if (event->location->hidden)
        return 0;
    if (judge_block(explorer, event, event->node->size, found))
        return 1;
    const struct event *partner = race_atomic(&explorer->graph, event);
    if (partner)
        return judged_race(explorer, event, partner, found);
    if (!(event->flags & EVENT_READS))
        return 0;
    const struct event *allocation =
        event->location->mixed ? race_fresh(event)
                               : (event->rf->kind == ACTION_ALLOC ? event->rf->rf : NULL);
    return allocation &&
           judged_unwritten(
               allocation,
               "an atomic object of the heap is read before it is initialised", found);
}

/* Did somebody write there whom nobody saw, or is what was never written only handed on? Where others may
   have written in another order of the same replies, what is remembered says nothing. */
static int is_filled_or_moved(struct explorer *explorer, const struct event *event) {
    uint8_t flags = live_finds(explorer, event);
    if (!(flags & ACTION_MOVES) && flags & ACTION_FILLED)
        explorer->result->notes |= EXPLORE_NOTE_FILLED;
    return flags & (ACTION_MOVES | ACTION_FILLED);
}

static int judge_plain(struct explorer *explorer, const struct event *event,
                       struct judgement *found) {
    if (node_is_look(event->node))
        return 0;
    if (judge_block(explorer, event, event->node->action.length, found))
        return 1;
    const struct event *partner = race_plain(event);
    if (partner)
        return judged_race(explorer, event, partner, found);
    if (event->kind != ACTION_READ)
        return 0;
    const struct event *allocation = race_uninitialised(&explorer->graph, event);
    if (!allocation || is_filled_or_moved(explorer, event))
        return 0;
    return judged_unwritten(allocation, "memory of the heap is read before it is written",
                            found);
}

static int judge_end(const struct explorer *explorer, const struct event *finish,
                     struct judgement *found) {
    const struct event *use = stacks_late_use(explorer, finish);
    if (!use)
        return 0;
    *found = (struct judgement){FAILURE_USE_AFTER_FREE, dead_stack, use, NULL};
    return 1;
}

static int judge_twin(const struct explorer *explorer, const struct event *event,
                      struct judgement *found) {
    struct symmetry_doubt doubt = symmetry_doubt(&explorer->graph, event);
    if (!doubt.message)
        return 0;
    *found = (struct judgement){FAILURE_UNSUPPORTED, doubt.message, doubt.other, NULL};
    return 1;
}

static int judge(struct explorer *explorer, const struct event *event,
                 struct judgement *found) {
    if (explorer->graph.symmetric && judge_twin(explorer, event, found))
        return 1;
    if (event->flags & EVENT_ATOMIC)
        return judge_atomic(explorer, event, found);
    switch (event->kind) {
    case ACTION_READ:
    case ACTION_WRITE:
        return judge_plain(explorer, event, found);
    case ACTION_FINISH:
        return judge_end(explorer, event, found);
    case ACTION_FREE:
        *found = block_judge_free(&explorer->memory, event);
        return found->kind != FAILURE_NONE;
    default:
        return 0;
    }
}

static void judgement_report(struct explorer *explorer, const struct judgement *judgement,
                             const struct event *event) {
    failed_report(explorer, judgement->kind, judgement->message, event,
                  judgement->partner, judgement->origin);
}

int judge_is_sound(struct explorer *explorer, struct event *event) {
    struct judgement judgement;
    if (!judge(explorer, event, &judgement))
        return 1;
    uint32_t mo = 0; /* the failing event is shown in its graph */
    if (event->flags & EVENT_WRITES)
        mo = event->flags & EVENT_READS ? event_rmw_position(event)
                                        : (uint32_t)event->location->mo_count;
    graph_link(&explorer->graph, event, mo);
    judgement_report(explorer, &judgement, event);
    return 0;
}

int judge_stays_sound(struct explorer *explorer, const struct event *event) {
    struct judgement judgement;
    if (!judge(explorer, event, &judgement))
        return 1;
    judgement_report(explorer, &judgement, event);
    return 0;
}

int judge_finds_nothing(struct explorer *explorer, const struct event *event) {
    struct judgement judgement;
    return !judge(explorer, event, &judgement);
}
