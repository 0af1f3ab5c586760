/* SPDX-License-Identifier: MIT */
/*
 * sampler: the state of a sampling search, and its three parts.
 *
 * Parts     sample.c makes run after run; sample_ready.c says which threads can go on; sample_step.c
 *           lets one of them take its next step, by a way that the policy draws.
 */
#ifndef EXPLORE_SAMPLER_H
#define EXPLORE_SAMPLER_H

#include "sampling/junctions.h"
#include "sampling/policy.h"

/* What is known of a thread since its last step. */
enum standing {
    STANDING_UNKNOWN,
    STANDING_READY,  /* whatever the others do */
    STANDING_ABSENT, /* has ended, or has not begun */
    STANDING_ASK,    /* depends on the others */
};

struct stand {
    struct node *node;
    enum standing standing;
};

struct sampler {
    struct explorer *explorer;
    struct policy policy;
    struct ready *ready;
    struct stand *stand; /* per thread */
    struct stand *base;  /* the same before the first choice */
    size_t ready_capacity, stand_capacity, base_capacity;
    uint32_t *ways;
    size_t way_capacity;
    uint8_t at_first_choice; /* stop where the policy would be asked */
    uint8_t every_step;      /* replay: the policy names each step */
    uint8_t remembers;       /* junctions */
    struct junctions junctions;
    /* Where this run stands in them; NULL: nowhere, or off the map. */
    struct junction *here;
    struct fork *fork;
    struct branch *branch;
    uint64_t left_at; /* steps when `here` was left */
    uint32_t made;    /* junctions made by this run */
    uint8_t lost;     /* this run goes on off the map */
};

/* --- sample_step.c ------------------------------------------------------------------------ */

/* Takes the thread's next step. 0: this run is over. */
int sample_step(struct sampler *sampler, uint32_t thread, struct node *node);
/* Fills `ways` with what the read may take; returns how many. */
uint32_t sample_step_ways(struct sampler *sampler, uint32_t thread,
                          const struct node *node);

/* --- sample_ready.c ----------------------------------------------------------------------- */

/* The threads that can go on, after all eager steps. -1: the run is over, -2: ask again. */
int32_t sample_ready_gather(struct sampler *sampler);
/* A thread was created. */
void stands_expect_threads(struct sampler *sampler);
void stands_forget(struct sampler *sampler);
void stands_keep_base(struct sampler *sampler);
void stands_to_base(struct sampler *sampler);

/* --- sample.c ----------------------------------------------------------------------------- */

void sample_executions(struct explorer *explorer);
void sample_end(struct explorer *explorer);

#endif
