/* SPDX-License-Identifier: MIT */
/*
 * behaviour: what each thread does, remembered as a tree.
 *
 * Why       A thread is a deterministic function of its replies, so a path of replies that was walked
 *           once need never be executed again: the search runs on the tree and only a missing edge
 *           costs a real run.
 * Shape     A node is an action; its edges carry replies. Threads begin at roots, told apart by id
 *           and start argument.
 * Memory    Past a cap the trees are dropped; nodes that events still point to are moved over,
 *           without edges, and grow again as needed.
 */
#ifndef EXPLORE_BEHAVIOUR_H
#define EXPLORE_BEHAVIOUR_H

#include "graph/graph.h"

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
    uint8_t loops;       /* some reply makes the thread come back here */
    uint8_t races;       /* a plain access that is taken as a relaxed atomic one */
    const char *refused; /* cannot be modelled: why */
};

struct root {
    struct root *next;
    struct node *first;
    uint64_t operand[2];
    uint32_t thread;
};

struct behaviour {
    struct arena arena;
    struct root *roots;
    struct graph *graph;
    struct arena root_arena;
    size_t cap; /* bytes; beyond it what no event needs is forgotten */
    uint8_t races_allowed;
};

void behaviour_init(struct behaviour *behaviour, struct graph *graph, jmp_buf *panic);
void behaviour_free(struct behaviour *behaviour);
struct root *behaviour_root(struct behaviour *behaviour, uint32_t thread,
                            const uint64_t *operand);
struct node *behaviour_node(struct behaviour *behaviour, const struct action *action);
int behaviour_same(const struct action *a, const struct action *b);

/* Where the reply leads; NULL: not known. */
struct edge *behaviour_find_slowly(const struct node *node, const uint64_t *value,
                                   uint32_t tag);

static inline struct node *behaviour_next(const struct node *node, const uint64_t *value,
                                          uint32_t tag) {
    const struct edge *edge = &node->first;
    if (edge->value[0] == value[0] && edge->value[1] == value[1] && edge->tag == tag)
        return edge->to;
    if (!edge->next && !node->table)
        return NULL;
    edge = behaviour_find_slowly(node, value, tag);
    return edge ? edge->to : NULL;
}

void behaviour_add(struct behaviour *behaviour, struct node *node, const uint64_t *value,
                   uint32_t tag, struct node *to);
void behaviour_drop(struct behaviour *behaviour);

static inline int behaviour_is_full(const struct behaviour *behaviour) {
    return behaviour->arena.total > behaviour->cap;
}

#endif
