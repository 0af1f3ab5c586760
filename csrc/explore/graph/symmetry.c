/* SPDX-License-Identifier: MIT */
/* symmetry: see symmetry.h, which has the argument; here is who is a twin and what stays in order. */
#include "graph/symmetry.h"

#include "graph/node.h"

/* --- twins -------------------------------------------------------------------------------- */

static const struct thread *elder_of(const struct graph *graph,
                                     const struct thread *thread) {
    return thread->elder ? &graph->threads[thread->elder - 1] : NULL;
}

/* Nothing that a thread created before could learn of. */
static int is_unseen(const struct event *event) {
    return event->kind == ACTION_YIELD ||
           ((event->kind == ACTION_READ || event->kind == ACTION_WRITE) &&
            (event->node->action.flags & ACTION_PRIVATE));
}

static int same_start(const struct event *a, const struct event *b) {
    const struct action *x = &a->node->action, *y = &b->node->action;
    return a->kind == ACTION_SPAWN && x->operand[0] == y->operand[0] &&
           x->operand[1] == y->operand[1];
}

void symmetry_born(struct graph *graph, const struct event *spawn) {
    const struct thread *parent = &graph->threads[spawn->thread];
    struct thread *child = &graph->threads[spawn->child];
    child->elder = child->younger = 0;
    for (int32_t i = spawn->index; i-- > 0;) {
        const struct event *before = parent->events[i];
        if (is_unseen(before))
            continue;
        if (!same_start(before, spawn))
            return;
        child->elder = before->child + 1;
        graph->twins |= UINT64_C(1) << (spawn->child % 64);
        graph->threads[before->child].younger = spawn->child + 1;
        return;
    }
}

void symmetry_unborn(struct graph *graph, const struct event *spawn) {
    struct thread *child = &graph->threads[spawn->child];
    if (child->elder)
        graph->threads[child->elder - 1].younger = 0;
    child->elder = 0;
}

/* --- what stays --------------------------------------------------------------------------- */

/* Did both twins do the same, from the same source, in a way that leaves them the same? */
static int is_shared(const struct event *a, const struct event *b) {
    if (a->kind != b->kind || ((a->flags | b->flags) & (EVENT_WRITES | EVENT_WAITING)))
        return 0;
    if (a->kind == ACTION_SPAWN || a->rf != b->rf || a->succeeded != b->succeeded ||
        ((a->flags ^ b->flags) & EVENT_ODD))
        return 0;
    return a->kind != ACTION_CHOOSE || a->read[0] == b->read[0];
}

void symmetry_clock(struct graph *graph, struct event *event) {
    const struct thread *elder = elder_of(graph, &graph->threads[event->thread]);
    event->twinned = 0;
    if (!elder || (size_t)event->index >= elder->count)
        return;
    if (event->index > 0) {
        const struct event *before =
            graph->threads[event->thread].events[event->index - 1];
        if (!before->twinned || !is_shared(elder->events[event->index - 1], before))
            return;
    }
    const struct event *other = elder->events[event->index];
    event->twinned = 1;
    event->stays = clock_join(&graph->arena, event->stays, other->stays, other->thread,
                              other->index + 1);
}

uint32_t symmetry_first(const struct graph *graph, uint32_t id) {
    for (;;) {
        const struct thread *thread = &graph->threads[id];
        const struct thread *elder = elder_of(graph, thread);
        const struct event *last = thread_last(thread);
        if (!elder || elder->count > thread->count)
            return id;
        if (last && (!last->twinned || (size_t)last->index >= elder->count ||
                     !is_shared(elder->events[last->index], last)))
            return id;
        id = elder->id;
    }
}

/* --- order -------------------------------------------------------------------------------- */

static int reads_in_order(const struct event *a, const struct event *b) {
    if (a->rf->mo != b->rf->mo)
        return a->rf->mo < b->rf->mo;
    return !(a->flags & EVENT_WRITES) || (b->flags & EVENT_WRITES);
}

/* The elder's and the younger's event where they may differ for the first time. */
static int in_order(const struct event *a, const struct event *b) {
    if (b->flags & EVENT_WAITING)
        return 1;
    if (a->flags & EVENT_WAITING) /* b loops, too: the search is about to see it */
        return b->kind == a->kind && b->rf->mo >= a->rf->mo;
    if (a->kind != b->kind || a->location != b->location)
        return 1;
    if (a->kind == ACTION_CHOOSE)
        return a->read[0] >= b->read[0]; /* the first way is the one to go on with */
    if (a->flags & EVENT_READS)
        return reads_in_order(a, b);
    return !(a->flags & EVENT_WRITES) || a->mo < b->mo;
}

int symmetry_allows(const struct graph *graph, const struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    const struct thread *elder = elder_of(graph, thread);
    size_t index = (size_t)event->index;
    if (elder && event->twinned && index < elder->count &&
        !in_order(elder->events[index], event))
        return 0;
    if (!thread->younger)
        return 1;
    const struct thread *younger = &graph->threads[thread->younger - 1];
    return index >= younger->count || !younger->events[index]->twinned ||
           in_order(event, younger->events[index]);
}

/* --- doubt -------------------------------------------------------------------------------- */

static int same_access(const struct event *a, const struct event *b) {
    const struct action *x = &a->node->action, *y = &b->node->action;
    if (x->kind != y->kind || x->order != y->order || x->size != y->size)
        return 0;
    if (x->kind > ACTION_CAS) /* plain accesses may go to memory of their own */
        return x->length == y->length;
    return x->address == y->address && x->op == y->op && x->guard == y->guard &&
           x->operand[0] == y->operand[0] && x->operand[1] == y->operand[1] &&
           x->expected[0] == y->expected[0] && x->expected[1] == y->expected[1];
}

static int is_own_address(const struct graph *graph, uint64_t value) {
    return value >= graph->own_begin && value < graph->own_end;
}

struct symmetry_doubt symmetry_doubt(const struct graph *graph,
                                     const struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    const struct thread *elder = elder_of(graph, thread);
    struct symmetry_doubt none = {NULL, NULL};
    if (!elder && !thread->younger)
        return none;
    if ((event->flags & EVENT_ATOMIC) && (event->flags & EVENT_WRITES) &&
        is_own_address(graph, event->written[0]))
        return (struct symmetry_doubt){
            "an address is shared by a thread that --symmetry takes for the same as "
            "another: pointers tell them apart; search without --symmetry",
            NULL};
    if (!elder)
        return none;
    if (event->kind == ACTION_FINISH && elder->finish &&
        elder->finish->node->action.operand[0] != event->node->action.operand[0])
        return (struct symmetry_doubt){
            "threads that --symmetry takes for the same return "
            "different results; search without --symmetry",
            elder->finish};
    const struct event *other = event->twinned ? elder->events[event->index] : NULL;
    if (!other || same_access(other, event))
        return none;
    return (struct symmetry_doubt){
        "threads that --symmetry takes for the same do different things after reading "
        "the same: they tell themselves apart; search without --symmetry",
        other};
}
