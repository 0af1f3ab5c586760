/* SPDX-License-Identifier: MIT */
/*
 * junctions: the points at which a sampler is asked, what it can choose there, and where that leads.
 *
 * Why       Ten thousand samples of a small program are a few hundred executions, met again and
 *           again. A run whose every choice was made before leads where it led before: walking
 *           from junction to junction costs the drawing of the choices and nothing else. No graph
 *           is built, and what the run came to is known.
 * Shape     Two runs that made the same graph stand at the same junction, in whatever order they
 *           made it: junctions are found by the hash of the graph (64 bits; two graphs of a hundred
 *           thousand are taken for one with a chance below 1e-9).
 * Rules     A junction may be out of date: that a loop comes back is learned later. A walk along it is
 *           a run that was possible all the same. One that was left and reached again without an
 *           event in between would go round forever, so it is forgotten.
 *           What must be shown (failures) is never remembered: those runs are made each time.
 */
#ifndef EXPLORE_JUNCTIONS_H
#define EXPLORE_JUNCTIONS_H

#include "graph/arena.h"
#include "sampling/policy.h"

struct junction;

/* One way of a step. */
struct branch {
    struct junction *to; /* NULL: nobody has been there */
    uint32_t steps;      /* events from junction to junction */
    uint8_t refused;     /* the memory model does not allow it */
    uint8_t may_fail;    /* the policy is asked whether it fails for no reason */
};

/* The step of one thread: its ways. */
struct fork {
    uint32_t *ways; /* NULL: not known */
    struct branch
        *branch; /* `count` of them; as many again for steps that fail for no reason */
    uint32_t count;
    uint8_t is_single; /* the policy is not asked for the way */
};

enum ending { ENDING_NONE, ENDING_COMPLETE, ENDING_BLOCKED, ENDING_SHOWN };

struct junction {
    uint64_t key;
    struct junction *next; /* same bucket */
    struct ready *ready;   /* threads that can go on */
    struct fork *fork;     /* of each of them */
    uint32_t count;        /* 0: a run ends here */
    uint8_t ending;
};

struct junctions {
    struct arena arena;
    struct junction **buckets;
    size_t bucket_count, count;
    struct junction *root;
};

void junctions_init(struct junctions *junctions, jmp_buf *panic);
void junctions_free(struct junctions *junctions);
/* Forgets everything. */
void junctions_clear(struct junctions *junctions);

struct junction *junction_find(const struct junctions *junctions, uint64_t key);
struct junction *junction_make(struct junctions *junctions, uint64_t key,
                               const struct ready *ready, uint32_t count);
/* Out of the table; who stands there may go on. */
void junction_forget(struct junctions *junctions, struct junction *junction);
/* What a thread can do at a junction. `twice`: it may also fail for no reason. */
void junction_fork_know(struct junctions *junctions, struct fork *fork,
                        const uint32_t *ways, uint32_t count, int twice);
struct branch *junction_fork_branch(const struct fork *fork, uint32_t way, int fails);

/*
 * Goes on from the root as the policy chooses. NULL: that leads where nobody has been, or where the
 * run must be made; else the junction at which it ends. Adds the events of the run to *steps.
 */
const struct junction *junctions_walk(const struct junctions *junctions,
                                      struct explorer *explorer, struct policy *policy,
                                      uint64_t *steps);

#endif
