/* SPDX-License-Identifier: MIT */
/* junctions: see junctions.h. */
#include "sampling/junctions.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 1024, MOST_WAYS = 64 };

void junctions_init(struct junctions *junctions, jmp_buf *panic) {
    memset(junctions, 0, sizeof *junctions);
    arena_init(&junctions->arena, panic);
}

void junctions_free(struct junctions *junctions) {
    free(junctions->buckets);
    arena_free(&junctions->arena);
}

void junctions_clear(struct junctions *junctions) {
    struct arena_mark begin = {0, 0};
    if (junctions->buckets)
        memset(junctions->buckets, 0,
               junctions->bucket_count * sizeof(struct junction *));
    junctions->count = 0;
    junctions->root = NULL;
    arena_release(&junctions->arena, begin);
}

/* --- the table ---------------------------------------------------------------------------- */

static struct junction **bucket_of(const struct junctions *junctions, uint64_t key) {
    return &junctions->buckets[(size_t)(key >> 20) & (junctions->bucket_count - 1)];
}

static void junctions_rehash(struct junctions *junctions) {
    size_t before = junctions->bucket_count;
    struct junction **old = junctions->buckets;
    junctions->bucket_count = before ? before * 4 : FIRST_BUCKETS;
    junctions->buckets = calloc(junctions->bucket_count, sizeof(struct junction *));
    if (!junctions->buckets)
        longjmp(*junctions->arena.panic, 1);
    for (size_t i = 0; i < before; i++) {
        while (old[i]) {
            struct junction *junction = old[i];
            old[i] = junction->next;
            struct junction **bucket = bucket_of(junctions, junction->key);
            junction->next = *bucket;
            *bucket = junction;
        }
    }
    free(old);
}

struct junction *junction_find(const struct junctions *junctions, uint64_t key) {
    struct junction *junction = junctions->buckets ? *bucket_of(junctions, key) : NULL;
    while (junction && junction->key != key)
        junction = junction->next;
    return junction;
}

struct junction *junction_make(struct junctions *junctions, uint64_t key,
                               const struct ready *ready, uint32_t count) {
    if (junctions->count >= junctions->bucket_count)
        junctions_rehash(junctions);
    struct junction *junction = arena_take_zeroed(&junctions->arena, sizeof *junction);
    junction->key = key;
    junction->count = count;
    if (count) {
        junction->ready = arena_take(&junctions->arena, count * sizeof *junction->ready);
        memcpy(junction->ready, ready, count * sizeof *ready);
        junction->fork =
            arena_take_zeroed(&junctions->arena, count * sizeof *junction->fork);
    }
    struct junction **bucket = bucket_of(junctions, key);
    junction->next = *bucket;
    *bucket = junction;
    junctions->count++;
    return junction;
}

void junction_forget(struct junctions *junctions, struct junction *junction) {
    struct junction **link = bucket_of(junctions, junction->key);
    while (*link && *link != junction)
        link = &(*link)->next;
    if (*link)
        *link = junction->next;
    junction->ending = ENDING_SHOWN; /* where it is known, runs are made */
    if (junctions->root == junction)
        junctions->root = NULL;
}

void junction_fork_know(struct junctions *junctions, struct fork *fork,
                        const uint32_t *ways, uint32_t count, int twice) {
    size_t branches = twice ? 2 * (size_t)count : count;
    fork->count = count;
    fork->ways = arena_take(&junctions->arena, (count + 1) * sizeof *ways);
    memcpy(fork->ways, ways, count * sizeof *ways);
    fork->branch = arena_take_zeroed(&junctions->arena, branches * sizeof *fork->branch);
}

struct branch *junction_fork_branch(const struct fork *fork, uint32_t way, int fails) {
    for (uint32_t i = 0; i < fork->count; i++)
        if (fork->ways[i] == way)
            return &fork->branch[fails ? fork->count + i : i];
    return NULL;
}

/* --- walking ------------------------------------------------------------------------------ */

/* Draws again where the model refused; NULL: nothing is left. */
static const struct branch *
branch_drawn_again(const struct fork *fork, struct explorer *explorer,
                   struct policy *policy, const struct node *node, uint32_t refused) {
    uint32_t ways[MOST_WAYS], count = fork->count;
    if (count > MOST_WAYS)
        return NULL;
    memcpy(ways, fork->ways, count * sizeof *ways);
    for (;;) {
        memmove(&ways[refused], &ways[refused + 1], (--count - refused) * sizeof *ways);
        if (!count)
            return NULL;
        refused = policy_way(policy, explorer, node, ways, count);
        const struct branch *branch = junction_fork_branch(fork, ways[refused], 0);
        if (branch->may_fail && policy->fails_weakly(policy))
            branch += fork->count;
        if (!branch->refused)
            return branch;
    }
}

/* Asks in the very order in which a real step does. */
static const struct branch *branch_drawn(const struct fork *fork,
                                         struct explorer *explorer, struct policy *policy,
                                         const struct node *node) {
    if (fork->is_single)
        return fork->branch;
    uint32_t chosen = policy_way(policy, explorer, node, fork->ways, fork->count);
    const struct branch *branch = &fork->branch[chosen];
    if (branch->may_fail && policy->fails_weakly(policy))
        branch += fork->count;
    if (branch->refused)
        return branch_drawn_again(fork, explorer, policy, node, chosen);
    return branch;
}

const struct junction *junctions_walk(const struct junctions *junctions,
                                      struct explorer *explorer, struct policy *policy,
                                      uint64_t *steps) {
    const struct junction *here = junctions->root;
    uint64_t walked = 0;
    while (here && !here->ending) {
        uint32_t chosen = policy_thread(policy, explorer, here->ready, here->count);
        const struct fork *fork = &here->fork[chosen];
        if (!fork->ways)
            return NULL;
        const struct branch *branch =
            branch_drawn(fork, explorer, policy, here->ready[chosen].node);
        if (!branch)
            return NULL;
        walked += branch->steps;
        here = branch->to;
    }
    if (!here || here->ending == ENDING_SHOWN)
        return NULL;
    *steps += walked;
    return here;
}
