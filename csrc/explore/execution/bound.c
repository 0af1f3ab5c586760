/* SPDX-License-Identifier: MIT */
/* bound: see bound.h. */
#include "execution/bound.h"

#include "execution/next.h"

struct place {
    uint32_t site, kind;
    uint32_t times;
};

/* Loops of plain accesses only, or that make and join threads, multiply nothing. */
static int is_counted(const struct node *node) {
    return node && node->action.site &&
           (node->kind <= ACTION_CAS || node->kind == ACTION_CHOOSE);
}

/* The thread comes by: the places behind an earlier visit were inside that loop. */
static uint32_t come_by(struct place *places, uint32_t *count, const struct node *node) {
    const struct action *action = &node->action;
    for (uint32_t i = *count; i-- > 0;)
        if (places[i].site == action->site && places[i].kind == action->kind) {
            *count = i + 1;
            return ++places[i].times;
        }
    places[(*count)++] = (struct place){action->site, action->kind, 1};
    return 1;
}

int bound_is_passed(struct explorer *explorer, const struct thread *thread,
                    const struct node *next) {
    uint32_t count = 0;
    if (!is_counted(next))
        return 0;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    struct place *places =
        arena_take(&explorer->scratch, (thread->count + 1) * sizeof *places);
    size_t known = thread->count;
    if (known && (thread->events[known - 1]->flags & EVENT_WAITING))
        known--; /* it is what comes next */
    for (size_t i = 0; i < known; i++)
        if (is_counted(thread->events[i]->node))
            come_by(places, &count, thread->events[i]->node);
    uint32_t times = come_by(places, &count, next);
    arena_release(&explorer->scratch, mark);
    return times > explorer->options->bound;
}

int bound_has_cut(struct explorer *explorer) {
    const struct graph *graph = &explorer->graph;
    for (uint32_t t = 0; explorer->options->bound && t < graph->thread_count; t++) {
        const struct node *next = next_node(explorer, t);
        if (next && bound_is_reached(explorer, &graph->threads[t], next))
            return 1;
    }
    return 0;
}
