/* SPDX-License-Identifier: MIT */
/* onward: see onward.h. */
#include "execution/onward.h"

#include "execution/events.h"
#include "execution/limits.h"
#include "execution/next.h"
#include "execution/onward_states.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/node.h"

struct walk {
    struct explorer *explorer;
    struct onward_states states;
    int somebody, unknown;
};

static int is_over(const struct walk *walk) { return walk->somebody || walk->unknown; }

/* What the thread stands at, which is noted as its place; NULL: it has ended, or is not there. */
static struct node *standing(struct walk *walk, uint32_t thread) {
    struct explorer *explorer = walk->explorer;
    struct node *node = next_node(explorer, thread);
    if (explorer->abandoned)
        walk->unknown = 1;
    else if (node && !onward_states_place(&walk->states, thread, node))
        walk->unknown = 1;
    return walk->unknown ? NULL : node;
}

/* Nobody else can tell when it is taken, or whether it is. */
static int is_eager(const struct node *node) {
    return node_is_private(node) || node->kind == ACTION_FENCE ||
           node->kind == ACTION_AWAIT || node->kind == ACTION_ROUND;
}

static void settle(struct walk *walk, uint32_t thread) {
    struct explorer *explorer = walk->explorer;
    struct node *node = standing(walk, thread);
    while (node && is_eager(node)) {
        graph_link(&explorer->graph, event_make_other(explorer, thread, node), 0);
        node = standing(walk, thread);
    }
}

static void visit(struct walk *walk);

static void visit_after(struct walk *walk, struct event *event, uint32_t mo) {
    graph_link(&walk->explorer->graph, event, mo);
    visit(walk);
}

/* Where it waits for nothing but a guard it stays; a loop that comes back shows where it is. */
static void read_latest(struct walk *walk, uint32_t thread, struct node *node,
                        int fails_weakly) {
    struct explorer *explorer = walk->explorer;
    struct graph_mark mark = graph_mark(&explorer->graph);
    struct location *location = node->location;
    struct event *source = location->mo[part_last(node)];
    struct event *event = event_make_read(explorer, thread, node, source);
    if (node_guard_holds(node, event->read) && (!fails_weakly || event->succeeded)) {
        event->flags &= (uint8_t)~EVENT_WAITING;
        if (fails_weakly)
            event_fails_weakly(explorer, event);
        visit_after(walk, event, event_rmw_position(event));
    }
    graph_return(&explorer->graph, mark);
}

static void choose(struct walk *walk, uint32_t thread, struct node *node) {
    struct explorer *explorer = walk->explorer;
    for (uint64_t way = 0; way < node->action.operand[0] && !is_over(walk); way++) {
        struct graph_mark mark = graph_mark(&explorer->graph);
        struct event *event = event_make_other(explorer, thread, node);
        event->read[0] = way;
        visit_after(walk, event, 0);
        graph_return(&explorer->graph, mark);
    }
}

static void write_last(struct walk *walk, uint32_t thread, struct node *node) {
    struct explorer *explorer = walk->explorer;
    struct graph_mark mark = graph_mark(&explorer->graph);
    struct event *event = event_make_write(explorer, thread, node);
    visit_after(walk, event, (uint32_t)node->location->mo_count);
    graph_return(&explorer->graph, mark);
}

static void go_on(struct walk *walk, uint32_t thread) {
    struct explorer *explorer = walk->explorer;
    struct node *node = next_node(explorer, thread);
    if (!node || !node_enabled(&explorer->graph, node))
        return;
    switch (node->kind) {
    case ACTION_LOAD:
    case ACTION_RMW:
    case ACTION_CAS:
        read_latest(walk, thread, node, 0);
        if (explorer->options->weak_failures && node->kind == ACTION_CAS &&
            (node->action.flags & ACTION_WEAK) && !is_over(walk))
            read_latest(walk, thread, node, 1);
        break;
    case ACTION_STORE:
        write_last(walk, thread, node);
        break;
    case ACTION_CHOOSE:
        choose(walk, thread, node);
        break;
    default: /* it ends, or does what is never undone */
        walk->unknown |= node->kind == ACTION_CUT || next_never_ends(node);
        walk->somebody |= !walk->unknown;
    }
}

static void visit(struct walk *walk) {
    struct graph *graph = &walk->explorer->graph;
    struct graph_mark mark = graph_mark(graph);
    walk->unknown |= limits_reached(walk->explorer);
    for (uint32_t t = 0; t < graph->thread_count && !walk->unknown; t++)
        settle(walk, t);
    enum onward_state state =
        walk->unknown ? ONWARD_STATE_SEEN : onward_states_look(&walk->states);
    walk->unknown |= state == ONWARD_STATE_TOO_MANY;
    for (uint32_t t = 0; state == ONWARD_STATE_NEW && t < graph->thread_count; t++)
        if (!is_over(walk))
            go_on(walk, t);
    graph_return(graph, mark);
}

enum onward onward_from_here(struct explorer *explorer) {
    uint8_t has_rounds = explorer->has_rounds;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    struct walk walk = {explorer, {0}, 0, 0};
    onward_states_begin(&walk.states, explorer);
    visit(&walk);
    arena_release(&explorer->scratch, mark);
    explorer->has_rounds = has_rounds;
    return walk.somebody  ? ONWARD_SOMEBODY
           : walk.unknown ? ONWARD_UNKNOWN
                          : ONWARD_NOBODY;
}
