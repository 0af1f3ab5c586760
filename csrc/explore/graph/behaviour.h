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

#include "graph/node.h"

struct root {
    struct root *next;
    struct node *first;
    uint64_t operand[2];
    uint64_t digest; /* of what it finds untold */
    uint32_t thread;
};

struct behaviour {
    struct arena arena;
    struct root *roots;
    struct graph *graph;
    struct arena root_arena;
    size_t cap; /* bytes; beyond it what no event needs is forgotten */
    uint8_t races_allowed;
    uint8_t volatile_relaxed;
};

void behaviour_init(struct behaviour *behaviour, struct graph *graph, jmp_buf *panic);
void behaviour_free(struct behaviour *behaviour);
struct root *behaviour_root(struct behaviour *behaviour, uint32_t thread,
                            const uint64_t *operand, uint64_t digest);
struct node *behaviour_node(struct behaviour *behaviour, const struct action *action);
int behaviour_same(const struct action *a, const struct action *b);

void behaviour_add(struct behaviour *behaviour, struct node *node, const uint64_t *value,
                   uint32_t tag, struct node *to);
void behaviour_drop(struct behaviour *behaviour);

static inline int behaviour_is_full(const struct behaviour *behaviour) {
    return behaviour->arena.total > behaviour->cap;
}

#endif
