/* SPDX-License-Identifier: MIT */
/* node: see node.h. */
#include "graph/node.h"

int node_enabled(const struct graph *graph, const struct node *node) {
    if (node->kind == ACTION_AWAIT)
        return 0;
    if (node->kind != ACTION_JOIN)
        return 1;
    uint64_t id = node->action.operand[0];
    return id < graph->thread_count && graph->threads[id].finish;
}

int node_guard_holds(const struct node *node, const uint64_t *value) {
    switch (node->action.guard) {
    case GUARD_EQUAL:
        return value[0] == node->action.guard_value;
    case GUARD_NOT_EQUAL:
        return value[0] != node->action.guard_value;
    default:
        return 1;
    }
}

int node_is_private(const struct node *node) {
    return node->kind == ACTION_YIELD || node->kind == ACTION_READ ||
           node->kind == ACTION_WRITE;
}

const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded) {
    const struct node *next = behaviour_next(node, value, succeeded);
    while (next && node_is_private(next))
        next = next->edges == 1 ? next->first.to : NULL;
    return next;
}

int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded) {
    if (!node->loops)
        return 0;
    const struct node *next = node_after(node, value, succeeded);
    return next && next->kind == ACTION_AWAIT;
}
