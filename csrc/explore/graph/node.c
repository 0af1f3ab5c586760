/* SPDX-License-Identifier: MIT */
/* node: see node.h. */
#include "graph/node.h"

uint32_t node_slot(const struct node *node, const uint64_t *value, uint32_t tag) {
    uint64_t mixed = (value[0] ^ (value[1] * 3) ^ tag) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 32) & (node->table_size - 1);
}

struct edge *node_find_slowly(const struct node *node, const uint64_t *value,
                              uint32_t tag) {
    struct edge *edge =
        node->table ? node->table[node_slot(node, value, tag)] : node->first.next;
    while (edge &&
           (edge->value[0] != value[0] || edge->value[1] != value[1] || edge->tag != tag))
        edge = edge->next;
    return edge;
}

const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded) {
    const struct node *next = node_next(node, value, succeeded);
    while (next && node_is_private(next))
        next = next->edges == 1 ? next->first.to : NULL;
    return next;
}

int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded) {
    if (!node->loops)
        return 0;
    const struct node *next = node_after(node, value, succeeded);
    return next && next->kind == ACTION_AWAIT && next->loops;
}
