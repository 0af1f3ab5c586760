/* SPDX-License-Identifier: MIT */
/* node: what a remembered action says of itself, and what follows it. */
#ifndef EXPLORE_NODE_H
#define EXPLORE_NODE_H

#include "graph/event.h"

struct edge {
    uint64_t value[2];
    struct edge *next;
    struct node *to;
    uint32_t tag;
};

struct node {
    struct action action;
    struct edge first;         /* the first edge lives in the node; to == NULL: none */
    struct location *location; /* atomic accesses */
    struct cell **cells;       /* plain accesses: the 8-byte cells touched */
    unsigned char *bytes;      /* plain writes: what was written; NULL: not known yet */
    struct node *moved;
    uint32_t cell_count;
    uint32_t edges;
    struct edge **table; /* many edges: open hash by value */
    uint32_t table_size;
    uint8_t kind; /* enum action_kind as the search takes it */
    uint8_t order, order_fail;
    uint8_t loops;       /* some reply makes the thread come back here; of an AWAIT: the
                            last read before it is what the thread comes back to */
    uint8_t size;        /* atomic accesses: bytes, ... */
    uint8_t shift;       /* ... of its location from this one on ... */
    uint8_t carries;     /* ... and a store to them leaves others alone: byte_parts.h */
    uint32_t part;       /* ... a bit for each */
    uint8_t races;       /* a plain access that is taken as a relaxed atomic one */
    const char *refused; /* cannot be modelled: why */
};

/* Where in the table of a node with many edges the reply is looked for. */
uint32_t node_slot(const struct node *node, const uint64_t *value, uint32_t tag);

/* Where the reply leads; NULL: not known. */
struct edge *node_find_slowly(const struct node *node, const uint64_t *value,
                              uint32_t tag);

static inline struct node *node_next(const struct node *node, const uint64_t *value,
                                     uint32_t tag) {
    const struct edge *edge = &node->first;
    if (edge->value[0] == value[0] && edge->value[1] == value[1] && edge->tag == tag)
        return edge->to;
    if (!edge->next && !node->table)
        return NULL;
    edge = node_find_slowly(node, value, tag);
    return edge ? edge->to : NULL;
}

/* Can this action be taken now? Not its value: only whether it must wait for another thread. */
static inline int node_enabled(const struct graph *graph, const struct node *node) {
    if (node->kind == ACTION_AWAIT)
        return 0;
    if (node->kind != ACTION_JOIN)
        return 1;
    uint64_t id = node->action.operand[0];
    return id < graph->thread_count && graph->threads[id].finish;
}

/* Can it be taken, whatever the others do? */
static inline int node_goes_on(const struct node *node) {
    return node->kind != ACTION_AWAIT && node->kind != ACTION_ROUND &&
           node->kind != ACTION_JOIN && node->kind != ACTION_FAIL;
}

/* Not an access of the program: see accesses.h, of texts. */
static inline int node_is_look(const struct node *node) {
    return node->action.kind == ACTION_READ && (node->action.flags & ACTION_LOOK);
}

/* A step that no other thread takes part in. */
static inline int node_is_private(const struct node *node) {
    return node->kind == ACTION_YIELD || node->kind == ACTION_READ ||
           node->kind == ACTION_WRITE;
}

/* What the thread does after this reply and after private steps; NULL: not known. */
const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded);
/* Does the thread come back to this read if it gets the value? Not known counts as no. */
int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded);

/* Would a compare-exchange that reads the value write? */
static inline int node_cas_succeeds(const struct node *node, const uint64_t *value) {
    return node->kind == ACTION_CAS && value[0] == node->action.expected[0] &&
           value[1] == node->action.expected[1];
}

/* May the value be read at all? */
static inline int node_guard_holds(const struct node *node, const uint64_t *value) {
    switch (node->action.guard) {
    case GUARD_EQUAL:
    case GUARD_ROUND:
        return value[0] == node->action.guard_value;
    case GUARD_NOT_EQUAL:
        return value[0] != node->action.guard_value;
    default:
        return 1;
    }
}

/* Does it come from a later round than the one that is waited for? */
static inline int node_round_is_past(const struct node *node, const uint64_t *value) {
    return node->action.guard == GUARD_ROUND && value[0] > node->action.guard_value;
}

#endif
