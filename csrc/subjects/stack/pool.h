/* SPDX-License-Identifier: MIT */
/*
 * pool: nodes that stay nodes for ever, and a cache of free ones per thread.
 *
 * Why       With type-stable memory a late reader of a node that was popped reads a wrong
 *           value but never foreign memory: use after free is gone, and what is left is
 *           ABA.
 * How       A thread takes the node that has rested longest in its own cache (first in,
 *           first out, which spreads the use and delays it); if that is empty, a fresh
 *           one. A popped node goes to the cache of the thread that popped it.
 * Together  pool_fresh with itself. A cache belongs to its thread.
 * Memory    POOL_NODES nodes a pool. Each thread starts with POOL_RESERVE of them.
 * Orders    FRESH (relaxed) has no partner: it only gives each caller another number.
 */
#ifndef STACK_POOL_H
#define STACK_POOL_H

#include <stdatomic.h>
#include <stddef.h>

#ifndef POOL_NODES
#define POOL_NODES 16u
#endif
#ifndef POOL_RESERVE
#define POOL_RESERVE 1u
#endif
#ifndef POOL_FRESH
#define POOL_FRESH memory_order_relaxed
#endif

struct node {
    _Alignas(16) _Atomic(struct node *) next; /* atomic: late readers look at it */
    struct node *rested_after;                /* in a cache: the next to be taken */
    int value;
};

struct pool {
    atomic_uint fresh; /* nodes[fresh..] were never used */
    struct node nodes[POOL_NODES];
};

struct cache {
    struct node *oldest; /* NULL: empty */
    struct node *newest;
};

static inline void pool_init(struct pool *pool) { atomic_init(&pool->fresh, 0); }

/* NULL if all were handed out. */
static inline struct node *pool_fresh(struct pool *pool) {
    unsigned number = atomic_fetch_add_explicit(&pool->fresh, 1, POOL_FRESH);
    return number < POOL_NODES ? &pool->nodes[number] : NULL;
}

static inline void cache_put(struct cache *cache, struct node *node) {
    node->rested_after = NULL;
    if (cache->oldest == NULL)
        cache->oldest = node;
    else
        cache->newest->rested_after = node;
    cache->newest = node;
}

/* NULL if both are empty. */
static inline struct node *cache_take(struct cache *cache, struct pool *pool) {
    struct node *node = cache->oldest;
    if (node == NULL)
        return pool_fresh(pool);
    cache->oldest = node->rested_after;
    return node;
}

static inline void cache_init(struct cache *cache, struct pool *pool) {
    cache->oldest = cache->newest = NULL;
    for (unsigned reserve = 0; reserve < POOL_RESERVE; reserve++) {
        struct node *node = pool_fresh(pool);
        if (node != NULL)
            cache_put(cache, node);
    }
}

#endif
