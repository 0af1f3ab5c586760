/* SPDX-License-Identifier: MIT */
/* judge: see judge.h. */
#include "execution/judge.h"

#include "execution/alone.h"
#include "execution/events.h"
#include "execution/failed.h"
#include "execution/stacks.h"
#include "graph/blocks.h"
#include "graph/graph.h"
#include "graph/node.h"
#include "graph/races.h"
#include "graph/symmetry.h"

int judge_may_step(struct explorer *explorer, uint32_t thread, const struct node *node) {
    if (node->kind == ACTION_FAIL) {
        failed_pending(explorer,
                       node->refused ? FAILURE_UNSUPPORTED
                                     : (enum explore_failure_kind)node->action.failure,
                       node->refused ? node->refused : node->action.message, thread,
                       node);
        return 0;
    }
    if (explorer->graph.threads[thread].count < explorer->max_events)
        return 1;
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

static struct judgement judge_heap_access(struct explorer *explorer,
                                          const struct event *event) {
    const struct action *action = &event->node->action;
    size_t length = event->flags & EVENT_ATOMIC ? event->node->size : action->length;
    const struct event *end = stacks_dead_owner(explorer, event);
    if (end && !in_prefix(event, end))
        return (struct judgement){FAILURE_USE_AFTER_FREE, dead_stack, end, NULL};
    return block_judge_access(&explorer->memory, event, action->address, length);
}

static int is_through_volatile(const struct event *event) {
    return !(event->flags & EVENT_ATOMIC) &&
           (event->node->action.flags & ACTION_VOLATILE);
}

static const char *race_message(const struct event *event, const struct event *partner) {
    if (is_through_volatile(event) || is_through_volatile(partner))
        return "two unordered accesses, one through volatile: that is not atomic in C "
               "and "
               "C++ (--volatile relaxed takes such accesses for relaxed atomic ones)";
    if (event->flags & EVENT_ATOMIC)
        return "two unordered accesses, one of them not atomic";
    return "two unordered accesses, at least one of them a write and at least one not "
           "atomic";
}

static struct judgement judge_atomic(struct explorer *explorer,
                                     const struct event *event) {
    struct judgement judgement = {FAILURE_NONE, NULL, NULL, NULL};
    if (event->location->hidden)
        return judgement;
    judgement = judge_heap_access(explorer, event);
    if (judgement.kind)
        return judgement;
    judgement.partner = race_atomic(&explorer->graph, event);
    if (judgement.partner) {
        judgement.kind = FAILURE_DATA_RACE;
        judgement.message = race_message(event, judgement.partner);
        return judgement;
    }
    if (event->flags & EVENT_READS)
        judgement.partner = event->location->mixed            ? race_fresh(event)
                            : event->rf->kind == ACTION_ALLOC ? event->rf->rf
                                                              : NULL;
    if (judgement.partner) {
        judgement.kind = FAILURE_UNINITIALISED_READ;
        judgement.message =
            "an atomic object of the heap is read before it is initialised";
    }
    return judgement;
}

static struct judgement judge_plain(struct explorer *explorer,
                                    const struct event *event) {
    struct judgement judgement = judge_heap_access(explorer, event);
    if (judgement.kind)
        return judgement;
    judgement.partner = race_plain(event);
    if (judgement.partner) {
        judgement.kind = FAILURE_DATA_RACE;
        judgement.message = race_message(event, judgement.partner);
    } else if (event->kind == ACTION_READ &&
               !(event->node->action.flags & ACTION_MOVES)) {
        judgement.partner = race_uninitialised(event);
        if (judgement.partner && event->node->action.flags & ACTION_FILLED) {
            explorer->result->notes |= EXPLORE_NOTE_FILLED;
            judgement.partner = NULL;
        }
        if (!judgement.partner)
            return judgement;
        judgement.kind = FAILURE_UNINITIALISED_READ;
        judgement.message = "memory of the heap is read before it is written";
    }
    return judgement;
}

static struct judgement judge_end(const struct explorer *explorer,
                                  const struct event *finish) {
    struct judgement judgement = {FAILURE_NONE, NULL, NULL, NULL};
    judgement.partner = stacks_late_use(explorer, finish);
    if (judgement.partner) {
        judgement.kind = FAILURE_USE_AFTER_FREE;
        judgement.message = dead_stack;
    }
    return judgement;
}

static struct judgement judge(struct explorer *explorer, const struct event *event) {
    if (explorer->graph.symmetric) {
        struct symmetry_doubt doubt = symmetry_doubt(&explorer->graph, event);
        if (doubt.message)
            return (struct judgement){FAILURE_UNSUPPORTED, doubt.message, doubt.other,
                                      NULL};
    }
    if (event->kind == ACTION_FINISH)
        return judge_end(explorer, event);
    if (event->flags & EVENT_ATOMIC)
        return judge_atomic(explorer, event);
    if (event->kind == ACTION_READ || event->kind == ACTION_WRITE)
        return judge_plain(explorer, event);
    if (event->kind == ACTION_FREE)
        return block_judge_free(&explorer->memory, event);
    return (struct judgement){FAILURE_NONE, NULL, NULL, NULL};
}

static void judgement_report(struct explorer *explorer, const struct judgement *judgement,
                             const struct event *event) {
    failed_report(explorer, judgement->kind, judgement->message, event,
                  judgement->partner, judgement->origin);
}

int judge_is_sound(struct explorer *explorer, struct event *event) {
    struct judgement judgement = judge(explorer, event);
    if (!judgement.kind)
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
    struct judgement judgement = judge(explorer, event);
    if (judgement.kind)
        judgement_report(explorer, &judgement, event);
    return !judgement.kind;
}

int judge_finds_nothing(struct explorer *explorer, const struct event *event) {
    return !judge(explorer, event).kind;
}
