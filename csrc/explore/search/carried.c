/* SPDX-License-Identifier: MIT */
/* carried: see carried.h. */
#include "search/carried.h"

#include "execution/events.h"
#include "execution/failed.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/mo.h"

static int carries_on(const struct event *other, const struct event *write) {
    uint32_t part = byte_parts_of(other);
    if ((other->flags & EVENT_BASE) || part == part_whole(other->location))
        return 0;
    return other->node->carries || !(part & write->node->part);
}

/* All accesses are seq_cst: then so would a cycle be. */
static int is_all_sc(const struct graph *graph, const struct event *write) {
    return !graph->weak_count && (write->flags & EVENT_SC);
}

/* Would it write, if it came before the other one? */
static int may_write_before(struct explorer *explorer, const struct event *write,
                            size_t floor, size_t other) {
    const struct node *node = write->node;
    if (node->kind != ACTION_CAS)
        return 1;
    for (size_t mo = floor; mo < other; mo++) {
        uint64_t value[2];
        event_value_for(explorer, node, write->location->mo[mo], value);
        if (node_cas_succeeds(node, value))
            return 1;
    }
    return 0;
}

int carried_refuses_part(struct explorer *explorer, const struct event *write) {
    struct graph *graph = &explorer->graph;
    const struct location *location = write->location;
    if (graph->model != EXPLORE_RC11 || is_all_sc(graph, write))
        return 0;
    const struct thread *thread = &graph->threads[write->thread];
    const struct event *before = event_begun_by(thread, event_before(thread));
    const struct clock *prefix = before ? before->prefix : &clock_zero;
    size_t floor = mo_floor(location, write->thread, thread_hb(thread));
    for (size_t mo = floor + 1; mo < location->mo_count; mo++) {
        const struct event *other = location->mo[mo];
        if (other->thread == write->thread || !carries_on(other, write) ||
            clock_at(prefix, other->thread) <= other->index ||
            !may_write_before(explorer, write, floor, mo))
            continue;
        failed_report(
            explorer, FAILURE_UNSUPPORTED,
            "writes to parts of one atomic object, ordered by nothing but relaxed "
            "accesses elsewhere: the opposite order of the two is not explored",
            write, other, NULL);
        return 1;
    }
    return 0;
}
