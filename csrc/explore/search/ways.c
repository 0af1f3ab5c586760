/* SPDX-License-Identifier: MIT */
/* ways: see ways.h. */
#include "search/ways.h"

#include "execution/events.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/mo.h"
#include "graph/node.h"
#include "search/parts.h"

uint32_t way_newer_than(const struct thread *thread) {
    const struct event *last = thread_last(thread);
    return last && (last->flags & EVENT_WAITING) ? last->child : 0;
}

struct revisits way_conflicts(struct explorer *explorer, const struct event *event) {
    const struct event *rival = mo_taker(event->location, event->rf->mo);
    struct revisits all = {NULL, 0};
    if (in_prefix(rival, event))
        return all;
    all = revisit_reads(&explorer->graph, &explorer->scratch, event);
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++)
        if (all.read[i]->stamp <= rival->stamp)
            all.read[kept++] = all.read[i];
    all.count = kept;
    return all;
}

int way_is_passed_by(struct explorer *explorer, const struct event *way, double share) {
    if (explorer->probing)
        return explorer->aim < explorer->done || explorer->aim >= explorer->done + share;
    return explorer->parts && !parts_enter(explorer, way, share);
}

void way_ends(struct explorer *explorer) {
    if (explorer->aim < explorer->done ||
        explorer->aim >= explorer->done + explorer->weight)
        return;
    explorer->leaves += 1 / explorer->weight;
    explorer->result->tree += parts_graph_hash(&explorer->graph);
}

int way_may_fail_weakly(const struct explorer *explorer, const struct node *node) {
    return explorer->options->weak_failures && node->kind == ACTION_CAS &&
           (node->action.flags & ACTION_WEAK);
}

int way_is_vain(struct explorer *explorer, uint32_t thread, struct node *node,
                struct event *source, uint32_t newer) {
    struct graph *graph = &explorer->graph;
    if (newer && source->stamp <= newer)
        return 1;
    struct graph_mark mark = graph_mark(graph);
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct event *event = event_make_read(explorer, thread, node, source);
    int vain = (event->flags & EVENT_WAITING) != 0;
    if ((event->flags & EVENT_WRITES) && mo_is_taken(source->location, source->mo))
        vain = !way_conflicts(explorer, event).count;
    arena_release(&explorer->scratch, scratch);
    graph_return(graph, mark);
    return vain;
}

int way_is_own(const struct explorer *explorer, const struct event *event,
               const struct event *source) {
    if (!event->location->mixed)
        return 1;
    if (event->rf != source || !part_is_source(event->node, source))
        return 0;
    return event->kind != ACTION_CAS || !(event->flags & EVENT_WRITES) ||
           source->mo >=
               mo_update_floor(event->node, event->thread,
                               thread_hb(&explorer->graph.threads[event->thread]));
}

uint32_t ways_of_read(struct explorer *explorer, uint32_t thread, struct node *node,
                      uint32_t floor, uint32_t newer) {
    uint32_t last = part_last(node);
    if (!explorer->probing)
        return last >= floor ? last - floor + 1 : 1;
    uint32_t ways = 1;
    explorer->effort += last - floor;
    for (uint32_t mo = floor; mo < last; mo++)
        ways += !way_is_vain(explorer, thread, node, node->location->mo[mo], newer);
    return ways;
}

uint32_t way_floor(const struct graph *graph, const struct event *write) {
    return mo_floor(write->location, write->thread,
                    thread_hb(&graph->threads[write->thread])) +
           1;
}

uint32_t way_places(const struct location *location, uint32_t mo) {
    uint32_t count = 0;
    for (; mo <= location->mo_count; mo++)
        count += !mo_is_taken(location, mo - 1);
    return count;
}
